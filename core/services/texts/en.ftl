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
balance-zero = Account { $account }: all paid as of { $date }, thank you.
balance-overpaid = Account { $account }: overpaid by { $sum } RUB as of { $date }.
balance-unlinked = We tell the balance only to the phone that we have on file for your account. The contact centre can help.
    .short = The contact centre can tell you the balance.
balance-unknown = Account { $account }: no balance is known yet. Please ask later or call us.
    .short = Account { $account }: no balance is known yet.
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
