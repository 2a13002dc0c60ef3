### The service's answers in Russian.
###
### To say something otherwise, copy the message into `ru.ftl` of your own folder (`texts` in meterline.toml) and change
### it there: yours replaces ours. `.short` is what an SMS gets when the first text does not fit. An SMS of 70 characters
### is one part, of 134 two. `$account`, `$meter` come masked; a selector (`$month`, `$expected`) only chooses a text.

## Months and values

month = { $month ->
    [1] январь
    [2] февраль
    [3] март
    [4] апрель
    [5] май
    [6] июнь
    [7] июль
    [8] август
    [9] сентябрь
    [10] октябрь
    [11] ноябрь
   *[12] декабрь
}
values-1 = показание { $t1 }
values-2 = день { $t1 }, ночь { $t2 }
values-3 = пик { $t1 }, ночь { $t2 }, полупик { $t3 }

## Accepted

accepted = Принято: счёт { $account }, счётчик { $meter }, { $values }. №{ $reference }.
    .short = Принято: ЛС { $account }, ПУ { $meter }, { $values }. №{ $reference }.
accepted-linked = Принято: счёт { $account }, счётчик { $meter }, { $values }. Расход { $consumption } кВт·ч. №{ $reference }.
    .short = Принято: ЛС { $account }, ПУ { $meter }, { $values }, { $consumption } кВт·ч. №{ $reference }.
accepted-next-period = Принято: счёт { $account }, счётчик { $meter }, { $values }. Войдёт в расчёт за { month } (приём с { $open } по { $close }). №{ $reference }.
    .short = Принято: ЛС { $account }, ПУ { $meter }, { $values }. Войдёт в расчёт за { month }. №{ $reference }.
accepted-next-period-linked = Принято: счёт { $account }, счётчик { $meter }, { $values }. Расход { $consumption } кВт·ч. Войдёт в расчёт за { month } (приём с { $open } по { $close }). №{ $reference }.
    .short = Принято: ЛС { $account }, ПУ { $meter }, { $values }. Расход { $consumption } кВт·ч, за { month }. №{ $reference }.
accepted-same = Принято: счёт { $account }, счётчик { $meter }, { $values }. Показания прежние, расход 0 кВт·ч. №{ $reference }.
    .short = Принято: ЛС { $account }, ПУ { $meter }, { $values }. Расход 0 кВт·ч. №{ $reference }.

## Notes: a sentence after the main text, left out when it does not fit

note-fraction = Цифры после запятой не нужны, мы их не учли.
note-understood = Мы поняли вас так. Если неверно, пришлите ещё раз.
note-renamed = Номер вашего счёта теперь { $account }.
note-verification = Вышел срок поверки счётчика, позвоните нам.

# After the text, where it costs no further part of an SMS.
estimate-linked = Предварительно { $sum } руб., в счёте сумма может отличаться.
    .short = Предварительно { $sum } руб.

## Nothing changes

duplicate = Эти показания уже приняты: счётчик { $meter }, { $values }. №{ $reference }.
outdated = По счётчику { $meter } уже есть более поздние показания, они и будут в расчёте.

## Not accepted

# One text for an unknown account and for a meter of somebody else's: it must not tell which.
not-found = Не принято: проверьте по квитанции номера счёта и счётчика и пришлите ещё раз.
    .short = Не принято: проверьте номера счёта и счётчика и пришлите ещё раз.
phone-for-account = Похоже, вместо счёта указан номер телефона. Номер лицевого счёта есть в квитанции, пришлите с ним ещё раз.
    .short = Вместо счёта указан телефон. Пришлите номер счёта из квитанции.
meter-missing = Добавьте номер счётчика. Пример: 1234567890 12345678 5778 2542
meter-missing-linked = На вашем счёте несколько счётчиков: { $meters }. Добавьте номер счётчика и пришлите ещё раз.
    .short = Добавьте номер счётчика. Пример: 1234567890 12345678 5778 2542
meter-archived = Счётчик { $meter } снят с учёта. Номер нового счётчика есть в квитанции, пришлите показания с ним.
    .short = Счётчик { $meter } снят. Пришлите показания нового счётчика.
meter-automatic = Счётчик { $meter } передаёт показания сам, вам передавать их не нужно.
    .short = Счётчик { $meter } передаёт показания сам.
few-values = { $expected ->
    [2] По счётчику { $meter } нужны два показания, день и ночь. Пришлите оба одним сообщением.
   *[3] По счётчику { $meter } нужны три показания: пик, ночь, полупик. Пришлите все одним сообщением.
}
    .short = { $expected ->
    [2] По счётчику { $meter } нужны два показания: день и ночь.
   *[3] По счётчику { $meter } нужны три показания: пик, ночь, полупик.
}
extra-values = { $expected ->
    [1] По счётчику { $meter } нужно одно показание. Пришлите счёт, счётчик и одно число.
    [2] По счётчику { $meter } нужны только два показания, день и ночь. Пришлите ещё раз.
   *[3] По счётчику { $meter } нужны только три показания: пик, ночь, полупик. Пришлите ещё раз.
}
    .short = { $expected ->
    [1] По счётчику { $meter } нужно одно показание.
    [2] По счётчику { $meter } нужны два показания: день и ночь.
   *[3] По счётчику { $meter } нужны три показания: пик, ночь, полупик.
}
too-many-digits = В показании { $value } лишние цифры: у счётчика { $meter } до запятой их { $digits }. После запятой не нужны. Пришлите ещё раз.
    .short = Не принято: { $value }. У счётчика { $meter } цифр до запятой { $digits }.
less-than-previous = Не принято: { $value } меньше прежнего показания. Проверьте цифры до запятой и пришлите ещё раз.
    .short = { $value } меньше прежнего показания. Проверьте и пришлите снова.
less-than-previous-linked = Не принято: { $value } меньше прежнего показания { $previous }. Проверьте цифры до запятой и пришлите ещё раз.
    .short = { $value } меньше прежнего { $previous }. Проверьте и пришлите снова.
zero = Ноль не принят. Даже если расхода не было, пришлите цифры, которые сейчас показывает счётчик { $meter }.
    .short = Нужен не ноль, а цифры, которые показывает счётчик { $meter }.
outside-window = Сейчас показания не принимаем. Пришлите их с { $open } по { $close } число.

## Questions: each is answered with ДА or with new values

ask-too-large = Большой расход. Если всё верно, ответьте ДА, иначе пришлите снова.
ask-too-large-linked = Расход { $consumption } кВт·ч необычно велик. Если всё верно, ответьте ДА, иначе пришлите снова.
    .short = Расход { $consumption } кВт·ч. Верно? Ответьте ДА или пришлите снова.
ask-x10 = Похоже, есть лишняя цифра. Верно так: { $values }? Ответьте ДА или пришлите снова.
    .short = Верно так: { $values }? Ответьте ДА или пришлите снова.
ask-swapped = Похоже, показания переставлены местами. Верно так: { $values }? Ответьте ДА или пришлите снова.
    .short = Верно так: { $values }? Ответьте ДА или пришлите снова.
ask-meaning = Мы поняли так: счёт { $account }, счётчик { $meter }, { $values }. Если верно, ответьте ДА, иначе пришлите снова.
    .short = ЛС { $account }, ПУ { $meter }, { $values }? Ответьте ДА или пришлите снова.

## Taken, a moderator decides

review = Записали: счётчик { $meter }, { $values }. Показания проверит оператор. №{ $reference }.
    .short = Записали: ПУ { $meter }, { $values }. Проверит оператор. №{ $reference }.
review-rollover = Записали: счётчик { $meter }, { $values }. Похоже, он начал счёт с нуля, это проверит оператор. №{ $reference }.
    .short = Записали: ПУ { $meter }, { $values }. Проверит оператор. №{ $reference }.
review-verification = Записали: счётчик { $meter }, { $values }. Вышел срок его поверки, ответит оператор. №{ $reference }.
    .short = Записали: ПУ { $meter }, { $values }. Проверит оператор. №{ $reference }.
review-correction = Записали: счётчик { $meter }, { $values }. Прежние показания уже в расчёте, исправление рассмотрит оператор. №{ $reference }.
    .short = Записали: ПУ { $meter }, { $values }. Исправление рассмотрит оператор. №{ $reference }.

## The conversation

thanks = Пожалуйста!
declined = Хорошо, показания не записаны. Пришлите их ещё раз.
nothing-to-confirm = Подтверждать сейчас ничего не нужно. Показания пришлите так: 1234567890 12345678 5778 2542 (счёт, счётчик, день, ночь)
    .short = Подтверждать сейчас ничего не нужно. Просто пришлите показания.
format = Не разобрали сообщение. Пришлите через пробел: счёт счётчик день ночь. Пример: 1234567890 12345678 5778 2542
    .short = Пишите: счёт счётчик день ночь. Пример: 1234567890 12345678 5778 2542
too-long = Сообщение слишком длинное. Пришлите только счёт счётчик день ночь. Пример: 1234567890 12345678 5778 2542
    .short = Слишком длинно. Пример: 1234567890 12345678 5778 2542
empty = Сообщение пришло пустым. Показания пришлите так: 1234567890 12345678 5778 2542 (счёт, счётчик, день, ночь)
    .short = Сообщение пустое. Пример: 1234567890 12345678 5778 2542
card-number = Похоже на номер банковской карты. Мы его не сохранили. Пожалуйста, никогда и никому не присылайте номер карты.
    .short = Не присылайте номер банковской карты. Мы его не сохранили.
hand-over = Ваше сообщение посмотрит оператор. Подсказок сегодня больше не пришлём. Если нужна помощь, звоните: { $phones }
    .short = Ваше сообщение посмотрит оператор. Звоните: { $phones }
failed = Не получилось обработать сообщение, его посмотрит оператор. Снова присылать не нужно.
    .short = Сообщение посмотрит оператор. Снова присылать не нужно.
help = Показания с { $open } по { $close }: счёт счётчик день ночь. Пример: 1234567890 12345678 5778 2542. О балансе: БАЛАНС. Звоните: { $phones }
    .short = Пример: 1234567890 12345678 5778 2542 (счёт, счётчик, день, ночь). Звоните: { $phones }

# In place of `$phones` where none is set in meterline.toml.
phones-on-bill = телефон в квитанции

## Balance and payment

balance-debt = Счёт { $account }: к оплате { $sum } руб. на { $date }.
    .short = { $account }: к оплате { $sum }
balance-zero = Счёт { $account }: на { $date } всё оплачено, спасибо.
    .short = { $account }: оплачено
balance-overpaid = Счёт { $account }: переплата { $sum } руб. на { $date }.
    .short = { $account }: переплата { $sum }
balance-unlinked = Баланс сообщаем только на тот телефон, который указан у нас для вашего счёта. Узнать его можно в контактном центре.
    .short = Баланс по этому счёту можно узнать в контактном центре.
balance-unknown = Счёт { $account }: сведений о балансе пока нет. Спросите позже или позвоните нам.
    .short = { $account }: нет сведений
# Where an SMS has no room for all accounts.
balance-more = И ещё { $count }: пришлите БАЛАНС и номер счёта.
payment = Оплатить можно по квитанции, в том числе по её QR-коду. Вопросы об оплате: { $phones }
    .short = Оплатить можно по квитанции. Вопросы: { $phones }

## Several meters in one message; the items are joined with "; "

item-accepted = { $meter }: принято, { $values }
item-same = { $meter }: принято, { $values }, расход 0
item-review = { $meter }: проверит оператор, { $values }
item-duplicate = { $meter }: уже принято, { $values }
item-asked = { $meter }: верно ли { $values }? Ответьте ДА
item-refused = { $meter }: не принято
several = { $items }. №{ $reference }.
# In place of `several` where the items do not fit.
several-counted = Принято показаний: { $accepted }, требуют внимания: { $others }. №{ $reference }.

## A moderator has decided

case-approved = Оператор проверил и принял: счётчик { $meter }, { $values }, в расчёт за { month }. №{ $reference }.
    .short = Принято: ПУ { $meter }, { $values }, за { month }. №{ $reference }.
case-corrected = Оператор исправил показания: счётчик { $meter }, { $values }, в расчёт за { month }. №{ $reference }.
    .short = Исправлено: ПУ { $meter }, { $values }, за { month }. №{ $reference }.
case-rejected = Показания не приняты: счётчик { $meter }, { $values }. { $reason }.
    .short = Не принято: ПУ { $meter }. { $reason }.

# A moderator asks the subscriber; `case-question` where he has no words of his own.
case-asked = { $question } Ответьте ДА, если верно { $values }, или пришлите снова.
    .short = { $question } Верно { $values }? Ответьте ДА.
case-question = Проверьте показания счётчика { $meter }.

# Reasons of a rejection, the last sentence of `case-rejected`; moderators choose them by the word behind `reason-`.
reason-digits = Проверьте число цифр: вводите показание без дробной части
reason-less = Показание меньше прежнего; сверьте номер счётчика
reason-much = Расход слишком велик; сверьте показание со счётчиком
reason-photo = Пришлите фото счётчика, чтобы видны были номер и цифры
reason-meter = Этот счётчик заменён или снят с учёта
reason-unreadable = На фото не видно цифр; пришлите показание числом

# Replies that moderators choose by the word behind `canned-`; an operator words them as he likes.
canned-checking = Проверяем Ваше обращение №{ $reference }, ответим сегодня.
canned-accepted = Всё в порядке: показания приняты, ничего делать не нужно.
canned-format = Пришлите одной строкой через пробел: лицевой счёт, номер счётчика, показания.
canned-call = Позвоните нам, пожалуйста: { $phones }.
canned-photo = Пришлите, пожалуйста, фото счётчика { $meter }, чтобы видны были номер и цифры.
canned-verification = У счётчика { $meter } истёк срок поверки; обратитесь к нам, чтобы её провести: { $phones }.

## The menu. `.short` of a choice is what an SMS lists by number: all of them have to fit two parts with their text

menu = Выберите, что нужно:
    .short = Ответьте цифрой:
welcome = Здравствуйте! Здесь можно передать показания, узнать баланс, задать вопрос. Можно и одной строкой: счёт счётчик день ночь.
    .short = Здравствуйте! Ответьте цифрой:
cancelled = Хорошо, отменили.
language-set = Будем говорить по-русски.
old-button = Эта кнопка от прошлого разговора. Выберите, что нужно:
    .short = Ответьте цифрой:
old-button-again = Эта кнопка уже не действует.
contact-unasked = Спасибо, но номер телефона сейчас не нужен. Чтобы привязать счёт, откройте «Мои счета».
    .short = Номер телефона сейчас не нужен.
unreadable = Понимаем только текст и кнопки. Показания пришлите цифрами.
not-understood = Не поняли вас.
menu-submit = Передать показания
    .short = Показания
menu-balance = Баланс
menu-payment = Оплата
menu-accounts = Мои счета
    .short = Счета
menu-history = История
menu-help = Помощь
menu-operator = Оператор
menu-settings = Настройки
choice-menu = Меню
choice-back = Назад
choice-more = Ещё
choice-yes = Да
choice-no = Нет
choice-edit = Исправить
choice-continue = Продолжить
choice-same = Прежние
choice-yes-pay = Да, и оплатить
choice-pay = Оплатить
choice-with-readings = Оплатить с показаниями
choice-readings-first = Сначала показания
choice-instead = Верно { $values }
    .short = { $values }
choice-other-account = Другой счёт
choice-link = Привязать счёт
choice-agree = Согласен
choice-not-now = Не сейчас
choice-again = Прислать ещё раз
    .short = Ещё раз
choice-name = Назвать
choice-unlink = Отвязать
choice-unlink-here = Отвязать этот чат
    .short = Этот чат
choice-unlink-others = Отвязать другие чаты ({ $count })
    .short = Другие чаты ({ $count })
choice-prove = Прислать код
choice-correct = Исправить
choice-withdraw = Отозвать
choice-forget = Забыть меня
# Where there are no buttons and a number would be taken for a reading.
or-word = Или ответьте: { $words }

## Submitting in steps

choose-account = По какому счёту?
choose-meter = Счёт { $account }. Какой счётчик?
    .short = Какой счётчик?
submit-pair = Пришлите номер лицевого счёта и через пробел номер счётчика. Оба есть в квитанции.
    .short = Пришлите номер счёта и через пробел номер счётчика.
no-meters = По этому счёту нет счётчика, показания которого вы передаёте сами.
enter-value = Счётчик { $meter }. Какое показание? Цифры до запятой.
enter-value-2-1 = Счётчик { $meter }. Показание дня (Т1)? Цифры до запятой.
enter-value-2-2 = Счётчик { $meter }. Показание ночи (Т2)?
enter-value-3-1 = Счётчик { $meter }. Показание пика (Т1)? Цифры до запятой.
enter-value-3-2 = Счётчик { $meter }. Показание ночи (Т2)?
enter-value-3-3 = Счётчик { $meter }. Показание полупика (Т3)?
value-before-linked = Прежнее: { $previous }.
value-too-long = В показании { $value } лишние цифры: до запятой их { $digits }.
value-less = { $value } меньше прежнего показания.
value-less-linked = { $value } меньше прежнего показания { $previous }.
value-extra = { $expected ->
    [1] Нужно одно число.
    [2] Нужны два числа, не больше.
   *[3] Нужны три числа, не больше.
}
value-zero = Нужен не ноль, а цифры, которые показывает счётчик.
check = Проверьте: счёт { $account }, счётчик { $meter }, { $values }. В расчёт за { month }. Верно?
    .short = ПУ { $meter }, { $values }, за { month }. Верно?
check-linked = Проверьте: счёт { $account }, счётчик { $meter }, { $values }. Расход { $consumption } кВт·ч, в расчёт за { month }. Верно?
    .short = ПУ { $meter }, { $values }, { $consumption } кВт·ч, за { month }. Верно?
check-estimate-linked = Проверьте: счёт { $account }, счётчик { $meter }, { $values }. Расход { $consumption } кВт·ч, предварительно { $sum } руб., за { month }. Верно?
    .short = ПУ { $meter }, { $values }, { $consumption } кВт·ч, предварительно { $sum } руб., за { month }. Верно?
# Below the check, for screens that have room for it.
estimate-lines = Из чего сумма:
estimate-line-linked = { $zone } { $kwh } кВт·ч × { $price } = { $sum }
# The same in the words of the billing system, where it can be asked.
calculation-line-linked = { $name }: { $sum }
zone-2-1 = день
zone-2-2 = ночь
zone-3-1 = пик
zone-3-2 = ночь
zone-3-3 = полупик
# Where an SMS has no room for more.
check-brief = { $values }. Верно?
doubt-too-large = Расход необычно велик.
    .short = Большой расход.
doubt-physical-limit = Расход больше возможного, показания проверит оператор.
    .short = Проверит оператор.
doubt-rollover = Похоже, счётчик начал счёт с нуля, это проверит оператор.
    .short = Проверит оператор.
doubt-swapped = Похоже, показания переставлены местами.
    .short = Переставлены?
doubt-x10 = Похоже, есть лишняя цифра.
    .short = Лишняя цифра?
resume = Вы начали передавать показания: { $values }. Продолжить?

## Past readings

history-link-first = Историю показываем тем, кто привязал счёт. Это делается один раз.
    .short = Сначала привяжите счёт.
history = Счётчик { $meter }:
    { $lines }
history-line = { $date }: { $values }, { $state }
history-empty = Счётчик { $meter }: через нас показаний ещё не было. В расчёте: { $values } на { $date }.
    .short = Счётчик { $meter }: в расчёте { $values } на { $date }.
state-accepted = принято
state-billed = в расчёте
state-review = проверяет оператор
state-asked = ждёт ответа
confirm-withdraw = Отозвать показания { $values } счётчика { $meter }?
withdrawn = Показания счётчика { $meter } отозваны. Можно прислать новые.
withdraw-too-late = Отозвать эти показания уже нельзя. Если в них ошибка, напишите оператору.

## Own accounts

accounts = Ваши счета:
accounts-none = Счёт ещё не привязан. Привяжите его, чтобы видеть баланс и прежние показания.
    .short = Счёт ещё не привязан.
account-card = Счёт { $account }.
account-card-address = Счёт { $account }. Адрес: { $address }.
    .short = Счёт { $account }.
enter-name = Как назвать счёт { $account }? Например: Дача.
named = Хорошо: счёт { $account } теперь «{ $name }».
confirm-unlink = Отвязать счёт { $account }? Баланс и прежние показания будут не видны.
    .short = Отвязать счёт { $account }?
unlinked = Счёт { $account } отвязан от этого чата.
unlinked-others = Счёт { $account } отвязан от всех чатов, кроме этого.
needs-fresh-proof = Чтобы отвязать другие чаты, подтвердите ещё раз, что счёт ваш.
    .short = Подтвердите, что счёт ваш.

## Linking an account

consent = Чтобы показывать здесь баланс и показания, сохраним, что этот чат ваш. Отвязать счёт и забыть вас можно всегда. Согласны?
    .short = Мы сохраним, что этот номер ваш. Согласны?
link-pair = Пришлите номер лицевого счёта и через пробел номер счётчика. Оба есть в квитанции.
    .short = Пришлите номер счёта и через пробел номер счётчика.
link-serial = Счёт { $account } из квитанции. Пришлите номер счётчика: он на его корпусе и в квитанции.
    .short = Счёт { $account }. Пришлите номер счётчика.
link-factor = Как подтвердить, что счёт ваш?
factor-sms = Код по СМС на номер *{ $phone }
    .short = СМС на *{ $phone }
factor-contact = Поделиться номером телефона
factor-bill = Код из квитанции
enter-code = Отправили код по СМС на номер, который кончается на { $phone }. Пришлите его сюда в течение { $minutes } минут.
    .short = Пришлите код из СМС (номер *{ $phone }).
sms-code = Код { $code } для привязки лицевого счёта. Никому его не сообщайте. Действует { $minutes } мин.
    .short = Код { $code }. Никому его не сообщайте.
enter-bill-code = Пришлите код, напечатанный в квитанции.
code-wrong = { $left ->
    [1] Код не подошёл. Осталась одна попытка.
   *[2] Код не подошёл. Осталось попыток: две.
}
bill-code-wrong = { $left ->
    [1] Код не подошёл. Осталась одна попытка.
   *[2] Код не подошёл. Осталось попыток: две.
}
contact-differs = { $left ->
    [1] Этого номера у нас для счёта нет. Осталась одна попытка.
   *[2] Этого номера у нас для счёта нет.
}
code-expired = Код больше не действует.
linked = Готово: счёт { $account } привязан. Теперь видны баланс и прежние показания, а новые можно прислать одним числом.
    .short = Готово: счёт { $account } привязан.
proved = Подтвердили, что счёт { $account } ваш. Откройте «Мои счета», чтобы продолжить.
    .short = Подтвердили: счёт { $account } ваш.
linked-already = Счёт { $account } у вас уже есть.
link-failed = Не получилось подтвердить. Попробуйте завтра или позвоните: { $phones }
link-wait = Слишком часто. Подождите немного и попробуйте ещё раз.
link-barred = Попыток было слишком много. Попробуйте завтра или позвоните: { $phones }
link-no-factor = У нас нет телефона этого счёта, чтобы подтвердить, что он ваш. Позвоните: { $phones }
    .short = Нечем подтвердить, что счёт ваш. Звоните: { $phones }
link-too-many = Больше счетов к этому чату привязать нельзя.
link-account-full = К этому счёту привязано уже слишком много чатов. Позвоните: { $phones }
notice-linked = К счёту { $account } привязан ещё один чат. Если это не вы, позвоните: { $phones }

## A bill that is shown: by its code as text, or in a picture

bill-account = Квитанция по счёту { $account }.
bill-own = Это квитанция по вашему счёту { $account }. Можно прислать показания или спросить БАЛАНС.
    .short = Квитанция по счёту { $account }. Пришлите показания или БАЛАНС
bill-foreign = Это квитанция другой компании. Показания и оплату по ней мы не принимаем.
    .short = Это квитанция другой компании.
bill-later = Квитанция по счёту { $account }. Сначала закончите с показаниями, потом пришлите её ещё раз.
    .short = Сначала закончите с показаниями, потом пришлите квитанцию.
bill-unreadable = В этом коде нет номера лицевого счёта. Пришлите номер счёта и через пробел номер счётчика.
    .short = В этом коде нет номера счёта.

## Money beside the texts above

balance-link-first = Баланс показываем тем, кто привязал счёт. Это делается один раз.
    .short = Сначала привяжите счёт.
balance-page = Баланс откроется на нашей странице. Ссылка действует { $minutes } минут и только один раз.
    .short = Баланс, один раз, { $minutes } минут:
balance-elsewhere = В этом мессенджере баланс сообщать нельзя. Узнать его можно по СМС или по телефону: { $phones }
    .short = Здесь баланс сообщать нельзя. Звоните: { $phones }
open-page = Открыть страницу
payment-link-first = Ссылку на оплату даём тем, кто привязал счёт. Это делается один раз.
    .short = Сначала привяжите счёт.
payment-unlinked = Ссылку на оплату даём только на тот телефон, который указан у нас для вашего счёта. Оплатить можно и по квитанции.
    .short = Этот счёт можно оплатить по квитанции.
payment-link-linked = Счёт { $account }: оплатить { $sum } руб. Сумму можно изменить на странице.
    .short = Оплатить { $sum } руб., счёт { $account }:
payment-reading-linked = Показания приняты за { month }. Счёт { $account }: предварительно к оплате { $sum } руб. Сумму можно изменить на странице.
    .short = Принято за { month }. Предварительно { $sum } руб., счёт { $account }:
payment-with-readings-linked = С последними показаниями предварительно { $sum } руб.
payment-covered-linked = Показания приняты за { $month }. Счёт { $account }: вместе с ними платить сейчас нечего. Заплатить вперёд можно на странице.
    .short = Принято за { $month }. Счёт { $account }: платить нечего. Вперёд:
payment-nothing-linked = Счёт { $account }: платить сейчас нечего. Чтобы заплатить вперёд, напишите сумму, например 500.
    .short = Счёт { $account } оплачен. Заплатить вперёд: напишите сумму.
payment-unknown-linked = Счёт { $account }: сведений о балансе пока нет. Чтобы заплатить, напишите сумму, например 500.
    .short = Счёт { $account }: напишите сумму, например 500.
payment-sum = Напишите сумму в рублях, от { $least } до { $most }. Пример: 987,65
    .short = Сумма от { $least } до { $most } руб.?
payment-page = Оплата откроется на нашей странице. Ссылка действует { $minutes } минут и только один раз.
    .short = Оплата, один раз, { $minutes } минут:
payment-elsewhere = В этом мессенджере принимать оплату нельзя. Оплатить можно по квитанции. Телефон: { $phones }
    .short = Здесь оплатить нельзя. Звоните: { $phones }
open-payment = Перейти к оплате
open-receipt = Чек
payment-description = Оплата электроэнергии, лицевой счёт { $account }
payment-paid = Оплата прошла, спасибо. Зачислим за 1-3 рабочих дня.
payment-paid-linked = Счёт { $account }: оплата { $sum } руб. прошла, спасибо. Зачислим за 1-3 рабочих дня.
    .short = Счёт { $account }: оплачено { $sum } руб., спасибо.
payment-failed = Платёж не завершён, деньги не списаны. Попробовать ещё раз: ОПЛАТА
payment-failed-linked = Счёт { $account }: платёж { $sum } руб. не завершён, деньги не списаны. Попробовать ещё раз: ОПЛАТА
    .short = Счёт { $account }: платёж { $sum } руб. не прошёл. Ещё раз: ОПЛАТА
payment-refunded = Платёж возвращён. Когда придут деньги, скажет ваш банк.
payment-refunded-linked = Счёт { $account }: платёж { $sum } руб. возвращён. Когда придут деньги, скажет ваш банк.
    .short = Счёт { $account }: возвращено { $sum } руб.
balance-transit = Оплачено и ещё не зачислено: { $sum } руб.
    .short = в пути { $sum }
balance-stale = Свежих сведений из расчётов пока нет.

## Autopay: «-linked» for channels that may carry sums, the plain text for the others

menu-autopay = Автоплатёж
choice-autopay-billed = По счёту
choice-autopay-fixed = Одна и та же сумма
choice-autopay-skip = Пропустить
choice-autopay-stop = Отменить автоплатёж
    .short = Отменить
choice-autopay-change = Изменить
autopay-unavailable = Автоплатежа по вашему счёту нет. Оплатить можно словом ОПЛАТА.
autopay-elsewhere = В этом мессенджере автоплатёж подключать нельзя. Телефон: { $phones }
    .short = Здесь автоплатежа нет. Звоните: { $phones }
autopay-none = Счёт { $account }: автоплатежа нет. Подключить его можно в мессенджере, где привязан счёт.
    .short = Счёт { $account }: автоплатежа нет.
autopay-needs-proof = Чтобы подключить автоплатёж, подтвердите ещё раз, что счёт ваш.
    .short = Подтвердите, что счёт ваш.
autopay-mode = Что списывать каждый месяц: сумму к оплате или всегда одну и ту же?
    .short = К оплате или всегда одну сумму?
autopay-sum = Сколько рублей списывать каждый месяц? От { $least } до { $most }.
autopay-ceiling = Не больше скольких рублей списывать за раз? От { $least } до { $most }.
autopay-day = Какого числа списывать? От 1 до 28.
autopay-consent-billed-linked = Счёт { $account }: каждое { $day }-е число спишем сумму к оплате, но не больше { $ceiling } руб. Предупредим за { $days } дн. Карту сохранит банк. Согласны?
    .short = { $account }: { $day } числа сумма к оплате до { $ceiling } руб. Карту сохранит банк. Согласны?
autopay-consent-fixed-linked = Счёт { $account }: каждое { $day }-е число спишем { $sum } руб. Предупредим за { $days } дн. Карту сохранит банк. Согласны?
    .short = { $account }: { $day } числа { $sum } руб. Карту сохранит банк. Согласны?
autopay-link-linked = Счёт { $account }: оплатите { $sum } руб. картой, и банк её сохранит. Автоплатёж заработает, когда оплата пройдёт.
    .short = Оплатите { $sum } руб. картой, счёт { $account }:
autopay-status-billed-linked = Счёт { $account }: автоплатёж { $day } числа, к оплате до { $ceiling } руб., карта { $card }.
    .short = { $account }: { $day } числа, к оплате до { $ceiling } руб.
autopay-status-fixed-linked = Счёт { $account }: автоплатёж { $day } числа, { $sum } руб., карта { $card }.
    .short = { $account }: { $day } числа, { $sum } руб.
autopay-status-paused = Счёт { $account }: автоплатёж приостановлен, списать не удалось. Подключите карту заново.
    .short = Счёт { $account }: автоплатёж приостановлен.
autopay-skipped = Хорошо, в этот раз не спишем.
autopay-nothing-to-skip = Сейчас списаний не ждём.
autopay-stopped = Счёт { $account }: автоплатёж отменён, карту забыли.
autopay-on = Оплата прошла, автоплатёж подключён.
autopay-on-linked = Счёт { $account }: оплата прошла, автоплатёж подключён. Спишем { $day } числа с карты { $card }. Отменить: АВТОПЛАТЕЖ
    .short = Счёт { $account }: автоплатёж подключён, { $day } числа.
autopay-not-saved = Оплата прошла, но банк не сохранил карту: автоплатёж не подключён.
autopay-not-saved-linked = Счёт { $account }: оплата прошла, но банк не сохранил карту. Автоплатёж не подключён.
    .short = Счёт { $account }: банк не сохранил карту.
autopay-notice-billed = Скоро спишем автоплатёж. Не нужно? Ответьте ПРОПУСТИТЬ
autopay-notice-billed-linked = Счёт { $account }: { $date } спишем с карты { $card } к оплате, не больше { $ceiling } руб. Сейчас { $sum } руб. Не нужно? Ответьте ПРОПУСТИТЬ
    .short = { $account }: { $date } спишем к оплате ({ $sum } руб.). Не нужно? ПРОПУСТИТЬ
autopay-notice-fixed = Скоро спишем автоплатёж. Не нужно? Ответьте ПРОПУСТИТЬ
autopay-notice-fixed-linked = Счёт { $account }: { $date } спишем { $sum } руб. с карты { $card }. Не нужно? Ответьте ПРОПУСТИТЬ
    .short = { $account }: { $date } спишем { $sum } руб. Не нужно? ПРОПУСТИТЬ
autopay-nothing = Автоплатёж: платить нечего, ничего не списали.
autopay-nothing-linked = Счёт { $account }: платить нечего, автоплатёж ничего не списал.
    .short = Счёт { $account }: платить нечего.
autopay-over = Автоплатёж не списан: сумма больше вашего предела. Оплатить: ОПЛАТА
autopay-over-linked = Счёт { $account }: к оплате { $sum } руб., больше вашего предела { $ceiling } руб., автоплатёж не списан. Оплатить: ОПЛАТА
    .short = { $account }: к оплате { $sum } руб., больше предела. Оплатить: ОПЛАТА
autopay-failed = Автоплатёж не прошёл. Оплатить: ОПЛАТА
autopay-failed-linked = Счёт { $account }: автоплатёж { $sum } руб. с карты { $card } не прошёл. Оплатить: ОПЛАТА
    .short = { $account }: автоплатёж { $sum } руб. не прошёл. Оплатить: ОПЛАТА
autopay-paused = Автоплатёж снова не прошёл и приостановлен. Подключите карту заново: АВТОПЛАТЕЖ
autopay-paused-linked = Счёт { $account }: автоплатёж { $sum } руб. снова не прошёл и приостановлен. Подключите карту заново: АВТОПЛАТЕЖ
    .short = { $account }: автоплатёж { $sum } руб. не прошёл и приостановлен.
autopay-moved = Номер счёта или способ оплаты изменился, автоплатёж отменён. Подключить заново: АВТОПЛАТЕЖ
autopay-moved-linked = Счёт { $account } изменился, автоплатёж по нему отменён. Подключить заново: АВТОПЛАТЕЖ
    .short = Счёт { $account }: автоплатёж отменён.

## Operator

operator = Напишите, что случилось: сообщение прочитает оператор. Телефон: { $phones }
    .short = Напишите, что случилось: прочитает оператор.
operator-taken = Передали оператору, он ответит здесь. Можно дописать ещё. Закончить: МЕНЮ
operator-still = Вы пишете оператору. Закончить: МЕНЮ
operator-added = Добавили к вашему обращению.
photo-taken = Фото посмотрит оператор. Быстрее будет прислать показания цифрами.

## Settings and one's own data

settings = Настройки. Напоминания о показаниях включены.
settings-silent = Настройки. Напоминания о показаниях выключены.
settings-silence = Не напоминать
settings-remind = Напоминать
settings-language = English
settings-data = Мои данные
settings-forget = Забыть меня
reminders-on = Будем напоминать о показаниях.
reminders-off = Больше не будем напоминать о показаниях. Вернуть: НАПОМИНАТЬ
data-none = О вас здесь хранятся только сообщения этого чата, не дольше положенного срока. Счёт не привязан.
    .short = Здесь хранятся только ваши сообщения. Счёт не привязан.
data-page = Всё, что мы о вас храним, откроется на нашей странице. Ссылка действует { $minutes } минут и только один раз.
    .short = Ваши данные, один раз, { $minutes } минут:
data-elsewhere = Ваши данные выдадут в офисе или по запросу. Телефон: { $phones }
confirm-forget = Отвяжем все счета и сотрём ваши сообщения. Переданные показания останутся в расчётах без имени чата. Забыть?
    .short = Отвяжем счета и сотрём сообщения. Забыть вас?
forgotten = Готово, забыли. Если напишете снова, начнём с начала.

## Reminders of the window; where an address has several accounts `$accounts` lists them

reminder-opens = Пора передать показания за { month } по счёту { $account }: с { $open } по { $close } число. Не нужны напоминания? Ответьте НЕ НАПОМИНАТЬ
    .short = Показания за { month }, ЛС { $account }: с { $open } по { $close }. Отписка: НЕ НАПОМИНАТЬ
reminder-opens-several = Пора передать показания за { month } по счетам { $accounts }: с { $open } по { $close } число. Отписаться от напоминаний: НЕ НАПОМИНАТЬ
    .short = Показания за { month } ждём с { $open } по { $close }. Отписка: НЕ НАПОМИНАТЬ
reminder-last-day = Сегодня последний день приёма показаний за { month }. По счёту { $account } их ещё нет. Не нужны напоминания? Ответьте НЕ НАПОМИНАТЬ
    .short = Сегодня последний день показаний: ЛС { $account }. Отписка: НЕ НАПОМИНАТЬ
reminder-last-day-several = Сегодня последний день приёма показаний за { month }. Их ещё нет по счетам { $accounts }. Отписка: НЕ НАПОМИНАТЬ
    .short = Сегодня последний день показаний. Отписка: НЕ НАПОМИНАТЬ
# Where there is no reading, three months in a row are charged by average consumption, then by the norm (Decree No. 354).
reminder-missed = { $missed ->
    [1] Счёт { $account }: нет показаний за { month }, начислим по среднему. Так можно ещё 2 месяца, потом по нормативу. Отписка: НЕ НАПОМИНАТЬ
    [2] Счёт { $account }: нет показаний за { month }, начислим по среднему. Так можно ещё месяц, потом по нормативу. Отписка: НЕ НАПОМИНАТЬ
    [3] Счёт { $account }: нет показаний за { month }, начислим по среднему. Следующий месяц - уже по нормативу. Отписка: НЕ НАПОМИНАТЬ
   *[4] Счёт { $account }: нет показаний за { month } и три месяца до него, начислим по нормативу. Отписка: НЕ НАПОМИНАТЬ
}
    .short = { $missed ->
    [1] ЛС { $account }: нет показаний за { month }. До норматива ещё 2 месяца. Отписка: НЕ НАПОМИНАТЬ
    [2] ЛС { $account }: нет показаний за { month }. До норматива ещё месяц. Отписка: НЕ НАПОМИНАТЬ
    [3] ЛС { $account }: нет показаний за { month }. Дальше по нормативу. Отписка: НЕ НАПОМИНАТЬ
   *[4] ЛС { $account }: нет показаний за { month }. Начислим по нормативу. Отписка: НЕ НАПОМИНАТЬ
}
reminder-missed-several = { $missed ->
    [1] Нет показаний за { month }: { $accounts }. Начислим по среднему. Так можно ещё 2 месяца, потом по нормативу. Отписка: НЕ НАПОМИНАТЬ
    [2] Нет показаний за { month }: { $accounts }. Начислим по среднему. Так можно ещё месяц, потом по нормативу. Отписка: НЕ НАПОМИНАТЬ
    [3] Нет показаний за { month }: { $accounts }. Начислим по среднему. Следующий месяц - уже по нормативу. Отписка: НЕ НАПОМИНАТЬ
   *[4] Нет показаний за { month } и раньше: { $accounts }. После трёх месяцев начислим по нормативу. Отписка: НЕ НАПОМИНАТЬ
}
    .short = { $missed ->
    [1] Нет показаний за { month } по вашим счетам. До норматива ещё 2 месяца. Отписка: НЕ НАПОМИНАТЬ
    [2] Нет показаний за { month } по вашим счетам. До норматива ещё месяц. Отписка: НЕ НАПОМИНАТЬ
    [3] Нет показаний за { month } по вашим счетам. Дальше по нормативу. Отписка: НЕ НАПОМИНАТЬ
   *[4] Нет показаний за { month } по вашим счетам. Начислим по нормативу. Отписка: НЕ НАПОМИНАТЬ
}
reminder-more = { $accounts } и ещё { $count }
