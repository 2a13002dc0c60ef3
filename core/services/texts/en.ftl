### The service's answers in English: the same messages and placeholders as in ru.ftl, GSM 03.38 letters only.

## Months and values

month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
values-1 = reading { $t1 }
values-2 = day { $t1 }, night { $t2 }
values-3 = peak { $t1 }, night { $t2 }, half-peak { $t3 }

## Accepted

accepted = Accepted: account { $account }, meter { $meter }, { $values }. Ref. { $reference }.
    .short = Accepted: acc. { $account }, meter { $meter }, { $values }. Ref. { $reference }.
accepted-linked = Accepted: account { $account }, meter { $meter }, { $values }. Used { $consumption } kWh. Ref. { $reference }.
    .short = Accepted: acc. { $account }, meter { $meter }, { $values }, { $consumption } kWh. Ref. { $reference }.
accepted-next-period = Accepted: account { $account }, meter { $meter }, { $values }. For the { month } bill (readings: { $open } to { $close }). Ref. { $reference }.
    .short = Accepted: acc. { $account }, meter { $meter }, { $values }. For { month }. Ref. { $reference }.
accepted-next-period-linked = Accepted: account { $account }, meter { $meter }, { $values }. Used { $consumption } kWh. For the { month } bill (readings: { $open } to { $close }). Ref. { $reference }.
    .short = Accepted: acc. { $account }, meter { $meter }, { $values }. { $consumption } kWh, { month }. Ref. { $reference }.
accepted-same = Accepted: account { $account }, meter { $meter }, { $values }. Same as before, used 0 kWh. Ref. { $reference }.
    .short = Accepted: acc. { $account }, meter { $meter }, { $values }. Used 0 kWh. Ref. { $reference }.

## Notes: a sentence after the main text, left out when it does not fit

note-fraction = Digits after the decimal point are not needed, we left them out.
note-understood = This is how we read it. If it is wrong, please send again.
note-renamed = Your account number is now { $account }.
note-verification = The meter is past its verification date, please call us.

# After the text, where it costs no further part of an SMS.
estimate-linked = Preliminary sum: { $sum } RUB; the bill may differ.
    .short = Preliminary: { $sum } RUB.

## Nothing changes

duplicate = This reading is already accepted: meter { $meter }, { $values }. Ref. { $reference }.
outdated = A later reading of meter { $meter } is already on file, and it will be billed.

## Not accepted

# One text for an unknown account and for a meter of somebody else's: it must not tell which.
not-found = Not accepted: please check the account and meter numbers on your bill and send again.
    .short = Not accepted: please check the account and meter numbers.
phone-for-account = This looks like a phone number. The account number is on your bill, please send again with it.
    .short = This is a phone number. The account number is on your bill.
meter-missing = Please add the meter number. Example: 1234567890 12345678 5778 2542
meter-missing-linked = Your account has several meters: { $meters }. Please add the meter number and send again.
    .short = Please add the meter number. Example: 1234567890 12345678 5778 2542
meter-archived = Meter { $meter } is no longer in use. The new meter's number is on your bill, please send its reading.
    .short = Meter { $meter } is not in use. Please send the new meter's reading.
meter-automatic = Meter { $meter } sends its readings by itself, you need not send them.
    .short = Meter { $meter } sends its readings by itself.
few-values = { $expected ->
    [2] Meter { $meter } needs two readings, day and night. Please send both in one message.
   *[3] Meter { $meter } needs three readings: peak, night, half-peak. Please send all in one message.
}
    .short = { $expected ->
    [2] Meter { $meter } needs two readings: day and night.
   *[3] Meter { $meter } needs three readings: peak, night, half-peak.
}
extra-values = { $expected ->
    [1] Meter { $meter } needs one reading only. Please send account, meter and one number.
    [2] Meter { $meter } needs two readings only, day and night. Please send again.
   *[3] Meter { $meter } needs three readings only: peak, night, half-peak. Please send again.
}
    .short = { $expected ->
    [1] Meter { $meter } needs one reading only.
    [2] Meter { $meter } needs two readings: day and night.
   *[3] Meter { $meter } needs three readings: peak, night, half-peak.
}
too-many-digits = { $value } has too many digits: meter { $meter } has { $digits } before the decimal point. The rest is not needed. Please send again.
    .short = Not accepted: { $value }. Meter { $meter } has { $digits } digits before the point.
less-than-previous = Not accepted: { $value } is less than the previous reading. Please check the digits before the point and send again.
    .short = { $value } is less than before. Please check and send again.
less-than-previous-linked = Not accepted: { $value } is less than the previous reading { $previous }. Please check the digits and send again.
    .short = { $value } is less than { $previous } before. Please check and send again.
zero = Zero is not accepted. Even if you used nothing, please send the digits that meter { $meter } shows now.
    .short = Not zero, please: send the digits that meter { $meter } shows.
outside-window = We take no readings today. Please send them from { $open } to { $close }.

## Questions: each is answered with YES or with new values

ask-too-large = The consumption is large. If it is right, reply YES, else send again.
ask-too-large-linked = { $consumption } kWh is unusually much. If it is right, reply YES, else send again.
    .short = { $consumption } kWh, right? Reply YES or send again.
ask-x10 = There seems to be one digit too many. Is it { $values }? Reply YES or send again.
    .short = Is it { $values }? Reply YES or send again.
ask-swapped = The readings seem to be swapped. Is it { $values }? Reply YES or send again.
    .short = Is it { $values }? Reply YES or send again.
ask-meaning = We read it so: account { $account }, meter { $meter }, { $values }. If it is right, reply YES, else send again.
    .short = Account { $account }, meter { $meter }, { $values }? Reply YES or send again.

## Taken, a moderator decides

review = Noted: meter { $meter }, { $values }. An operator will check it. Ref. { $reference }.
    .short = Noted: meter { $meter }, { $values }. To be checked. Ref. { $reference }.
review-rollover = Noted: meter { $meter }, { $values }. It seems to have passed zero, an operator will check. Ref. { $reference }.
    .short = Noted: meter { $meter }, { $values }. To be checked. Ref. { $reference }.
review-verification = Noted: meter { $meter }, { $values }. It is past its verification date, an operator will answer. Ref. { $reference }.
    .short = Noted: meter { $meter }, { $values }. To be checked. Ref. { $reference }.
review-correction = Noted: meter { $meter }, { $values }. The earlier reading is already billed, an operator will decide. Ref. { $reference }.
    .short = Noted: meter { $meter }, { $values }. An operator will decide. Ref. { $reference }.

## The conversation

thanks = You are welcome!
declined = Very well, the reading is not stored. Please send it again.
nothing-to-confirm = There is nothing to confirm. To send a reading: 1234567890 12345678 5778 2542 (account, meter, day, night)
    .short = There is nothing to confirm. Just send the reading.
format = We could not read it. Send with spaces: account meter day night. Example: 1234567890 12345678 5778 2542
    .short = Send account meter day night, as 1234567890 12345678 5778 2542
too-long = The message is too long. Send only account meter day night. Example: 1234567890 12345678 5778 2542
    .short = Too long. Example: 1234567890 12345678 5778 2542
empty = The message came empty. To send a reading: 1234567890 12345678 5778 2542 (account, meter, day, night)
    .short = Empty message. Example: 1234567890 12345678 5778 2542
card-number = This looks like a bank card number. We did not store it. Please never send card numbers to anyone.
    .short = Please never send card numbers. We did not store it.
hand-over = An operator will look at your message. We send no more hints today. If you need help, call { $phones }
    .short = An operator will look at your message. Call { $phones }
failed = We could not process your message, an operator will look at it. No need to send it again.
    .short = An operator will look at your message. No need to resend.
help = Readings from { $open } to { $close }, example: 1234567890 12345678 5778 2542 (account, meter, day, night). Balance: BALANCE. Call { $phones }
    .short = Example: 1234567890 12345678 5778 2542 (account, meter, day, night). Call { $phones }

phones-on-bill = the phone on your bill

## Balance and payment

balance-debt = Account { $account }: { $sum } RUB to pay as of { $date }.
    .short = { $account }: { $sum } to pay
balance-zero = Account { $account }: all paid as of { $date }, thank you.
    .short = { $account }: paid
balance-overpaid = Account { $account }: overpaid by { $sum } RUB as of { $date }.
    .short = { $account }: overpaid { $sum }
balance-unlinked = We tell the balance only to the phone that we have on file for your account. The contact centre can help.
    .short = The contact centre can tell you the balance.
balance-unknown = Account { $account }: no balance is known yet. Please ask later or call us.
    .short = { $account }: not known
# Where an SMS has no room for all accounts.
balance-more = And { $count } more: send BALANCE and the account number.
payment = You can pay by your bill, also with its QR code. Questions about payment: { $phones }
    .short = You can pay by your bill. Questions: { $phones }

## Several meters in one message; the items are joined with "; "

item-accepted = { $meter }: accepted, { $values }
item-same = { $meter }: accepted, { $values }, used 0
item-review = { $meter }: to be checked, { $values }
item-duplicate = { $meter }: already accepted, { $values }
item-asked = { $meter }: is it { $values }? Reply YES
item-refused = { $meter }: not accepted
several = { $items }. Ref. { $reference }.
# In place of `several` where the items do not fit.
several-counted = Readings accepted: { $accepted }, to be looked at: { $others }. Ref. { $reference }.

## A moderator has decided

case-approved = An operator checked and accepted: meter { $meter }, { $values }, for { month }. Ref. { $reference }.
    .short = Accepted: meter { $meter }, { $values }, { month }. Ref. { $reference }.
case-corrected = An operator corrected the reading: meter { $meter }, { $values }, for { month }. Ref. { $reference }.
    .short = Corrected: meter { $meter }, { $values }, { month }. Ref. { $reference }.
case-rejected = Reading not accepted: meter { $meter }, { $values }. { $reason }.
    .short = Not accepted: meter { $meter }. { $reason }.

# A moderator asks the subscriber; `case-question` where he has no words of his own.
case-asked = { $question } Reply YES if { $values } is right, or send it again.
    .short = { $question } Is { $values } right? Reply YES.
case-question = Please check the reading of meter { $meter }.

# Reasons of a rejection, the last sentence of `case-rejected`; moderators choose them by the word behind `reason-`.
reason-digits = Check the number of digits: send the reading without decimals
reason-less = The reading is lower than the previous one; compare the meter's number
reason-much = The consumption is too high; compare the reading with the meter
reason-photo = Please send a photo of the meter that shows its number and digits
reason-meter = This meter was replaced or is not in use any more
reason-unreadable = The digits cannot be seen in the photo; please type the reading

# Replies that moderators choose by the word behind `canned-`; an operator words them as he likes.
canned-checking = We are looking into your request { $reference } and will answer today.
canned-accepted = All is well: your reading was accepted, there is nothing to do.
canned-format = Please send one line, with spaces between: account, meter number, readings.
canned-call = Please call us: { $phones }.
canned-photo = Please send a photo of meter { $meter } that shows its number and digits.
canned-verification = The verification of meter { $meter } has expired; please contact us to arrange it: { $phones }.

## The menu. `.short` of a choice is what an SMS lists by number: all of them have to fit two parts with their text

menu = What would you like to do?
    .short = Reply with a number:
welcome = Hello! Here you can submit readings, see your balance and ask a question. A reading may also be one line: account meter day night.
    .short = Hello! Reply with a number:
cancelled = All right, cancelled.
language-set = We will speak English.
old-button = That button belongs to an earlier conversation. What would you like to do?
    .short = Reply with a number:
old-button-again = That button no longer works.
contact-unasked = Thank you, but no phone number is needed now. To link an account, open "My accounts".
    .short = No phone number is needed now.
unreadable = We understand text and buttons only. Please send your reading in digits.
not-understood = We did not understand that.
menu-submit = Submit readings
    .short = Readings
menu-balance = Balance
menu-payment = Payment
menu-accounts = My accounts
    .short = Accounts
menu-history = History
menu-help = Help
menu-operator = Operator
menu-settings = Settings
choice-menu = Menu
choice-back = Back
choice-more = More
choice-yes = Yes
choice-no = No
choice-edit = Change
choice-continue = Continue
choice-same = Same
choice-yes-pay = Yes, and pay
choice-pay = Pay
choice-with-readings = Pay with the readings
choice-readings-first = Readings first
choice-instead = { $values } is right
    .short = { $values }
choice-other-account = Another account
choice-link = Link an account
choice-agree = I agree
choice-not-now = Not now
choice-again = Send it again
    .short = Again
choice-name = Name it
choice-unlink = Unlink
choice-unlink-here = Unlink this chat
    .short = This chat
choice-unlink-others = Unlink other chats ({ $count })
    .short = Other chats ({ $count })
choice-prove = Send a code
choice-correct = Change
choice-withdraw = Withdraw
choice-forget = Forget me
# Where there are no buttons and a number would be taken for a reading.
or-word = Or reply: { $words }

## Submitting in steps

choose-account = Which account?
choose-meter = Account { $account }. Which meter?
    .short = Which meter?
submit-pair = Send your account number, a space and your meter number. Both are on the bill.
    .short = Send account number, a space and meter number.
no-meters = This account has no meter that you read yourself.
enter-value = Meter { $meter }. What does it show? Digits before the comma.
enter-value-2-1 = Meter { $meter }. Day reading (T1)? Digits before the comma.
enter-value-2-2 = Meter { $meter }. Night reading (T2)?
enter-value-3-1 = Meter { $meter }. Peak reading (T1)? Digits before the comma.
enter-value-3-2 = Meter { $meter }. Night reading (T2)?
enter-value-3-3 = Meter { $meter }. Half-peak reading (T3)?
value-before-linked = Before: { $previous }.
value-too-long = { $value } has too many digits: there are { $digits } before the comma.
value-less = { $value } is less than the reading before.
value-less-linked = { $value } is less than { $previous }, the reading before.
value-extra = { $expected ->
    [1] One number, please.
    [2] Two numbers, please, no more.
   *[3] Three numbers, please, no more.
}
value-zero = Not zero, but the digits that the meter shows, please.
check = Please check: account { $account }, meter { $meter }, { $values }. Counts for { month }. Right?
    .short = Meter { $meter }, { $values }, for { month }. Right?
check-linked = Please check: account { $account }, meter { $meter }, { $values }. Used { $consumption } kWh, counts for { month }. Right?
    .short = Meter { $meter }, { $values }, { $consumption } kWh, for { month }. Right?
check-estimate-linked = Please check: account { $account }, meter { $meter }, { $values }. Used { $consumption } kWh, preliminary sum { $sum } RUB, counts for { month }. Right?
    .short = Meter { $meter }, { $values }, { $consumption } kWh, preliminary { $sum } RUB, for { month }. Right?
# Below the check, for screens that have room for it.
estimate-lines = How the sum comes about:
estimate-line-linked = { $zone } { $kwh } kWh x { $price } = { $sum }
# The same in the words of the billing system, where it can be asked.
calculation-line-linked = { $name }: { $sum }
zone-2-1 = day
zone-2-2 = night
zone-3-1 = peak
zone-3-2 = night
zone-3-3 = half-peak
# Where an SMS has no room for more.
check-brief = { $values }. Right?
doubt-too-large = That is unusually much.
    .short = Unusually much.
doubt-physical-limit = That is more than possible, an operator will check it.
    .short = To be checked.
doubt-rollover = The meter seems to have started again from zero, an operator will check it.
    .short = To be checked.
doubt-swapped = The values seem to be swapped.
    .short = Swapped?
doubt-x10 = There seems to be a digit too many.
    .short = A digit too many?
resume = You began to submit readings: { $values }. Continue?

## Past readings

history-link-first = We show the history to those who have linked an account. It is done once.
    .short = Link an account first.
history = Meter { $meter }:
    { $lines }
history-line = { $date }: { $values }, { $state }
history-empty = Meter { $meter }: no readings through us yet. Billed: { $values } on { $date }.
    .short = Meter { $meter }: billed { $values } on { $date }.
state-accepted = accepted
state-billed = billed
state-review = with an operator
state-asked = waits for your answer
confirm-withdraw = Withdraw the reading { $values } of meter { $meter }?
withdrawn = The reading of meter { $meter } is withdrawn. You can send a new one.
withdraw-too-late = This reading can no longer be withdrawn. If it is wrong, write to the operator.

## Own accounts

accounts = Your accounts:
accounts-none = No account is linked yet. Link one to see its balance and past readings.
    .short = No account is linked yet.
account-card = Account { $account }.
account-card-address = Account { $account }. Address: { $address }.
    .short = Account { $account }.
enter-name = What shall we call account { $account }? For example: Cottage.
named = Done: account { $account } is now "{ $name }".
confirm-unlink = Unlink account { $account }? Its balance and past readings will not be shown.
    .short = Unlink account { $account }?
unlinked = Account { $account } is unlinked from this chat.
unlinked-others = Account { $account } is unlinked from every chat but this one.
needs-fresh-proof = To unlink other chats, prove once more that the account is yours.
    .short = Prove that the account is yours.

## Linking an account

consent = To show balance and past readings in this chat we keep that it is yours. You can unlink the account and be forgotten at any time. Do you agree?
    .short = We keep that this number is yours. Do you agree?
link-pair = Send your account number, a space and your meter number. Both are on the bill.
    .short = Send account number, a space and meter number.
link-serial = Account { $account } from the bill. Send the meter number: it is on the meter and on the bill.
    .short = Account { $account }. Send the meter number.
link-factor = How will you prove that the account is yours?
factor-sms = A code by SMS to the number *{ $phone }
    .short = SMS to *{ $phone }
factor-contact = Share my phone number
factor-bill = The code on the bill
enter-code = We sent a code by SMS to the number ending in { $phone }. Send it here within { $minutes } minutes.
    .short = Send the code from the SMS (number *{ $phone }).
sms-code = Code { $code } to link your account. Tell it to nobody. Valid for { $minutes } min.
    .short = Code { $code }. Tell it to nobody.
enter-bill-code = Send the code printed on the bill.
code-wrong = { $left ->
    [1] That is not the code. One try is left.
   *[2] That is not the code. Two tries are left.
}
bill-code-wrong = { $left ->
    [1] That is not the code. One try is left.
   *[2] That is not the code. Two tries are left.
}
contact-differs = { $left ->
    [1] That is not the number we have for the account. One try is left.
   *[2] That is not the number we have for the account.
}
code-expired = The code is no longer valid.
linked = Done: account { $account } is linked. You now see its balance and past readings here, and a single number submits a reading.
    .short = Done: account { $account } is linked.
proved = You have proved that account { $account } is yours. Open "My accounts" to go on.
    .short = Proved: account { $account } is yours.
linked-already = You have account { $account } already.
link-failed = That did not work. Try tomorrow or call: { $phones }
link-wait = Too often. Please wait a little and try again.
link-barred = There were too many tries. Try tomorrow or call: { $phones }
link-no-factor = We have no phone for this account to prove that it is yours. Call: { $phones }
    .short = Nothing to prove it with. Call: { $phones }
link-too-many = No more accounts can be linked to this chat.
link-account-full = Too many chats are linked to this account already. Call: { $phones }
notice-linked = Another chat was linked to account { $account }. If that was not you, call: { $phones }

## A bill that is shown: by its code as text, or in a picture

bill-account = The bill of account { $account }.
bill-own = This is the bill of your account { $account }. You can send readings or ask for your BALANCE.
    .short = The bill of account { $account }. Send readings, or BALANCE
bill-foreign = This is a bill of another company. We take no readings and no payments for it.
    .short = This is a bill of another company.
bill-later = The bill of account { $account }. Please finish the readings first, then send it again.
    .short = Please finish the readings first, then send the bill again.
bill-unreadable = There is no account number in this code. Please send the account number, a space and the meter number.
    .short = There is no account number in this code.

## Money beside the texts above

balance-link-first = We show the balance to those who have linked an account. It is done once.
    .short = Link an account first.
balance-page = Your balance opens on our page. The link works for { $minutes } minutes and only once.
    .short = Balance, once, { $minutes } minutes:
balance-elsewhere = We may not tell the balance in this messenger. You can learn it by SMS or by phone: { $phones }
    .short = We may not tell the balance here. Call: { $phones }
open-page = Open the page
payment-link-first = We give a payment link to those who have linked an account. It is done once.
    .short = Link an account first.
payment-unlinked = We give a payment link only to the phone that we have on file for your account. You can also pay by your bill.
    .short = This account can be paid by its bill.
payment-link-linked = Account { $account }: pay { $sum } RUB. The sum can be changed on the page.
    .short = Pay { $sum } RUB, account { $account }:
payment-reading-linked = Readings accepted for { month }. Account { $account }: preliminary sum to pay { $sum } RUB. It can be changed on the page.
    .short = Accepted for { month }. Preliminary { $sum } RUB, account { $account }:
payment-with-readings-linked = With the latest readings preliminarily { $sum } RUB.
payment-covered-linked = Readings accepted for { $month }. Account { $account }: nothing to pay now, readings included. You can pay in advance on the page.
    .short = Accepted for { $month }. Account { $account }: nothing to pay. In advance:
payment-nothing-linked = Account { $account }: nothing to pay now. To pay in advance, send a sum, such as 500.
    .short = Account { $account } is paid. To pay in advance, send a sum.
payment-unknown-linked = Account { $account }: no balance is known yet. To pay, send a sum, such as 500.
    .short = Account { $account }: send a sum, such as 500.
payment-sum = Send the sum in roubles, from { $least } to { $most }. Example: 987.65
    .short = A sum from { $least } to { $most } RUB?
payment-page = Payment opens on our page. The link works for { $minutes } minutes and only once.
    .short = Payment, once, { $minutes } minutes:
payment-elsewhere = We may not take payments in this messenger. You can pay by your bill. Phone: { $phones }
    .short = We may not take payments here. Call: { $phones }
open-payment = Pay
open-receipt = Receipt
payment-description = Electricity, account { $account }
payment-paid = The payment went through, thank you. It is credited within 1-3 working days.
payment-paid-linked = Account { $account }: { $sum } RUB paid, thank you. It is credited within 1-3 working days.
    .short = Account { $account }: { $sum } RUB paid, thank you.
payment-failed = The payment was not completed and no money was taken. To try again: PAY
payment-failed-linked = Account { $account }: the payment of { $sum } RUB was not completed, no money was taken. To try again: PAY
    .short = Account { $account }: { $sum } RUB not paid. To try again: PAY
payment-refunded = The payment was returned. Your bank knows when the money arrives.
payment-refunded-linked = Account { $account }: { $sum } RUB returned. Your bank knows when the money arrives.
    .short = Account { $account }: { $sum } RUB returned.
balance-transit = Paid and not credited yet: { $sum } RUB.
    .short = { $sum } on its way
balance-stale = Billing has told us nothing newer yet.

## Autopay: "-linked" for channels that may carry sums, the plain text for the others

menu-autopay = Autopay
choice-autopay-billed = What is billed
choice-autopay-fixed = The same sum
choice-autopay-skip = Skip
choice-autopay-stop = Cancel autopay
    .short = Cancel
choice-autopay-change = Change
autopay-unavailable = There is no autopay for your account. You can pay by the word PAY.
autopay-elsewhere = Autopay cannot be set up in this messenger. Call { $phones }
    .short = No autopay here. Call { $phones }
autopay-none = Account { $account }: no autopay. It can be set up in a messenger that the account is linked to.
    .short = Account { $account }: no autopay.
autopay-needs-proof = To set up autopay, show once more that the account is yours.
    .short = Show that the account is yours.
autopay-mode = What shall we charge every month: the amount due, or the same sum?
    .short = The amount due, or the same sum?
autopay-sum = How many roubles every month? From { $least } to { $most }.
autopay-ceiling = How many roubles at most at a time? From { $least } to { $most }.
autopay-day = On which day of the month? From 1 to 28.
autopay-consent-billed-linked = Account { $account }: on day { $day } of each month we charge the amount due, at most { $ceiling } RUB, and tell you { $days } days before. The bank stores the card. Agreed?
    .short = { $account }: day { $day }, the amount due up to { $ceiling } RUB. The bank stores the card. Agreed?
autopay-consent-fixed-linked = Account { $account }: on day { $day } of each month we charge { $sum } RUB, and tell you { $days } days before. The bank stores the card. Agreed?
    .short = { $account }: day { $day }, { $sum } RUB. The bank stores the card. Agreed?
autopay-link-linked = Account { $account }: pay { $sum } RUB by card, and the bank stores it. Autopay works once that is paid.
    .short = Pay { $sum } RUB by card, account { $account }:
autopay-status-billed-linked = Account { $account }: autopay on day { $day }, the amount due up to { $ceiling } RUB, card { $card }.
    .short = { $account }: day { $day }, the amount due up to { $ceiling } RUB.
autopay-status-fixed-linked = Account { $account }: autopay on day { $day }, { $sum } RUB, card { $card }.
    .short = { $account }: day { $day }, { $sum } RUB.
autopay-status-paused = Account { $account }: autopay is paused, the card could not be charged. Please bind a card again.
    .short = Account { $account }: autopay is paused.
autopay-skipped = All right, nothing is charged this time.
autopay-nothing-to-skip = No charge is waiting now.
autopay-stopped = Account { $account }: autopay is cancelled, the card is forgotten.
autopay-on = It is paid, and autopay is on.
autopay-on-linked = Account { $account }: it is paid, and autopay is on. We charge card { $card } on day { $day }. To cancel: AUTOPAY
    .short = Account { $account }: autopay is on, day { $day }.
autopay-not-saved = It is paid, but the bank has not stored the card: there is no autopay.
autopay-not-saved-linked = Account { $account }: it is paid, but the bank has not stored the card. There is no autopay.
    .short = Account { $account }: the card was not stored.
autopay-notice-billed = Autopay is due soon. Not wanted? Answer SKIP
autopay-notice-billed-linked = Account { $account }: on { $date } we charge the amount due to card { $card }, at most { $ceiling } RUB. It is { $sum } RUB now. Not wanted? Answer SKIP
    .short = { $account }: on { $date } we charge the amount due ({ $sum } RUB). Not wanted? SKIP
autopay-notice-fixed = Autopay is due soon. Not wanted? Answer SKIP
autopay-notice-fixed-linked = Account { $account }: on { $date } we charge { $sum } RUB to card { $card }. Not wanted? Answer SKIP
    .short = { $account }: on { $date } we charge { $sum } RUB. Not wanted? SKIP
autopay-nothing = Autopay: nothing was owed, nothing was charged.
autopay-nothing-linked = Account { $account }: nothing is owed, autopay charged nothing.
    .short = Account { $account }: nothing is owed.
autopay-over = Autopay charged nothing: the sum is above your limit. To pay: PAY
autopay-over-linked = Account { $account }: the amount of { $sum } RUB is above your limit of { $ceiling } RUB, autopay charged nothing. To pay: PAY
    .short = { $account }: the amount of { $sum } RUB is above your limit. To pay: PAY
autopay-failed = Autopay has failed. To pay: PAY
autopay-failed-linked = Account { $account }: autopay of { $sum } RUB from card { $card } has failed. To pay: PAY
    .short = { $account }: autopay of { $sum } RUB has failed. To pay: PAY
autopay-paused = Autopay has failed again and is paused. Bind a card again: AUTOPAY
autopay-paused-linked = Account { $account }: autopay of { $sum } RUB has failed again and is paused. Bind a card again: AUTOPAY
    .short = { $account }: autopay of { $sum } RUB has failed and is paused.
autopay-moved = The account's number or provider has changed, autopay has ended. Set it up again: AUTOPAY
autopay-moved-linked = Account { $account } has changed, its autopay has ended. Set it up again: AUTOPAY
    .short = Account { $account }: autopay has ended.

## Operator

operator = Write what happened: an operator will read it. Phone: { $phones }
    .short = Write what happened: an operator will read it.
operator-taken = Passed on to an operator, who will answer here. You can add more. To end it: MENU
operator-still = You are writing to an operator. To end it: MENU
operator-added = Added to your request.
photo-taken = An operator will look at the photo. Sending the digits is quicker.

## Settings and one's own data

settings = Settings. Reminders about readings are on.
settings-silent = Settings. Reminders about readings are off.
settings-silence = No reminders
settings-remind = Remind me
settings-language = Русский
settings-data = My data
settings-forget = Forget me
reminders-on = We will remind you about readings.
reminders-off = No more reminders about readings. To get them again: REMINDERS ON
data-none = Only the messages of this chat are kept here, no longer than the rules say. No account is linked.
    .short = Only your messages are kept here. No account is linked.
data-page = Everything we keep about you opens on our page. The link works for { $minutes } minutes and only once.
    .short = Your data, once, { $minutes } minutes:
data-elsewhere = You get your data at the office or on request. Phone: { $phones }
confirm-forget = We will unlink all accounts and erase your messages. Readings sent stay in billing without the chat's name. Forget you?
    .short = Unlink accounts and erase messages. Forget you?
forgotten = Done, forgotten. If you write again, we begin anew.

## Reminders of the window; where an address has several accounts `$accounts` lists them

reminder-opens = Time to send the { month } reading, account { $account }: { $open } to { $close }. No reminders? Reply REMINDERS OFF
    .short = { month } reading, acc. { $account }: { $open } to { $close }. To stop: REMINDERS OFF
reminder-opens-several = Time to send the { month } readings, accounts { $accounts }: { $open } to { $close }. No reminders? Reply REMINDERS OFF
    .short = { month } readings: { $open } to { $close }. To stop: REMINDERS OFF
reminder-last-day = Today is the last day for { month } readings. None yet for account { $account }. No reminders? Reply REMINDERS OFF
    .short = Last day for readings: account { $account }. To stop: REMINDERS OFF
reminder-last-day-several = Today is the last day for { month } readings. None yet for { $accounts }. To stop reminders: REMINDERS OFF
    .short = Today is the last day for readings. To stop: REMINDERS OFF
# Where there is no reading, three months in a row are charged by average consumption, then by the norm (Decree No. 354).
reminder-missed = { $missed ->
    [1] Account { $account }: no reading for { month }, charged by average. 2 more months so, then by the norm. To stop: REMINDERS OFF
    [2] Account { $account }: no reading for { month }, charged by average. 1 more month so, then by the norm. To stop: REMINDERS OFF
    [3] Account { $account }: no reading for { month }, charged by average. Next month by the norm. To stop: REMINDERS OFF
   *[4] Account { $account }: no reading for { month } nor the 3 months before, charged by the norm. To stop: REMINDERS OFF
}
    .short = { $missed ->
    [1] Acc. { $account }: no reading for { month }. 2 months to the norm. To stop: REMINDERS OFF
    [2] Acc. { $account }: no reading for { month }. 1 month to the norm. To stop: REMINDERS OFF
    [3] Acc. { $account }: no reading for { month }. Then by the norm. To stop: REMINDERS OFF
   *[4] Acc. { $account }: no reading for { month }. Charged by the norm. To stop: REMINDERS OFF
}
reminder-missed-several = { $missed ->
    [1] No reading for { month }: { $accounts }. Charged by average. 2 more months so, then by the norm. To stop: REMINDERS OFF
    [2] No reading for { month }: { $accounts }. Charged by average. 1 more month so, then by the norm. To stop: REMINDERS OFF
    [3] No reading for { month }: { $accounts }. Charged by average. Next month by the norm. To stop: REMINDERS OFF
   *[4] No reading for { month } and before: { $accounts }. After 3 months charged by the norm. To stop: REMINDERS OFF
}
    .short = { $missed ->
    [1] No reading for { month }, your accounts. 2 months to the norm. To stop: REMINDERS OFF
    [2] No reading for { month }, your accounts. 1 month to the norm. To stop: REMINDERS OFF
    [3] No reading for { month }, your accounts. Then by the norm. To stop: REMINDERS OFF
   *[4] No reading for { month }, your accounts. Charged by the norm. To stop: REMINDERS OFF
}
reminder-more = { $accounts } and { $count } more
