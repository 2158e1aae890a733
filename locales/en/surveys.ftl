# Surveys: what the people who are asked see, on pages and in mails.

## Above the questions
survey-heading-experience = How satisfied are you with our service?
survey-heading-shipment = How satisfied are you with shipment { $about }?
survey-heading-to-partner = How satisfied are you with your shipments to { $about }?
survey-heading-from-partner = How satisfied are you with your shipments from { $about }?
survey-asked-by = { $sender } would like to hear from you as a contact of { $customer }.
survey-shipment-to = The shipment went to { $partner }.
survey-shipment-from = The shipment came from { $partner }.
survey-until = You can answer, and change your answers, until { $until }.

## Questions
survey-required = (required)
survey-no-answer = No answer
survey-scale-end = { $value } = { $words }
survey-dissatisfied = very dissatisfied
survey-satisfied = very satisfied
survey-unlikely = not at all likely
survey-likely = extremely likely
survey-disagree = strongly disagree
survey-agree = strongly agree
survey-send = Send answers
survey-save = Save changes
survey-privacy = { $sender } sees your answers together with your name and your company. The link to this page is yours alone: whoever has it can read and change your answers.
survey-opt-out = I do not want to be asked again

## What is wrong with answers
survey-empty = Nothing has been saved: you have not answered anything yet.
survey-not-asked = Nothing has been saved yet: the questions have changed since you opened this page. Please look through your answers and send them again.
survey-problems = Nothing has been saved yet. Please look at { $count ->
    [one] one answer
   *[other] { $count } answers
} again; everything you entered is still here.
survey-fault-choose = Please choose an answer
survey-fault-write = Please write an answer
survey-fault-scale = Please choose a whole number from { $lo } to { $hi }
survey-fault-long = Please shorten your text to { $most } characters
survey-fault-characters = Your text holds a character that cannot be stored; please write it anew

## Afterwards
survey-thanks = Thank you!
survey-thanks-text = Your answers have been saved, and { $sender } can see them.
survey-thanks-until = You may change your answers until { $until }.
survey-change = Change my answers
survey-closed = This survey is closed
survey-closed-text = It could be answered until { $until }. If you answered it, { $sender } has your answers.
survey-revoked = You need not answer any more
survey-revoked-text = { $sender } has withdrawn this invitation. Answers that you gave before have been kept.
survey-not-open = This survey is not open yet
survey-not-open-text = { $sender } has not opened it yet. Please try again later.

## No more surveys
opt-out-ask = No more surveys?
opt-out-ask-text = { $sender } will then not ask you for your opinion by mail any more. You will still be told what became of a complaint of yours.
opt-out-stop = Send me no more surveys
opt-out-done = You will get no more surveys
opt-out-done-text = { $sender } will not ask you for your opinion by mail any more. A mail that is on its way already may still arrive.
opt-out-again = I do want to be asked again
opt-out-undone = You may be asked again
opt-out-undone-text = Thank you: { $sender } may ask for your opinion by mail again.

## Mails
survey-subject-experience = How satisfied are you with our service? { $sender } would like to know
survey-subject-shipment = How satisfied are you with shipment { $about }? { $sender } would like to know
survey-subject-to-partner = How satisfied are you with your shipments to { $about }? { $sender } would like to know
survey-subject-from-partner = How satisfied are you with your shipments from { $about }? { $sender } would like to know
survey-subject-reminder = Reminder: { $subject }
survey-mail-hello = Hello { $name },
survey-mail-asked = { $sender } would like to hear from you as a contact of { $customer }. There { $count ->
    [one] is one question
   *[other] are { $count } questions
}; you need no account.
survey-mail-reminder = We have not had an answer from you yet. If you would rather not answer, you need not do anything.
survey-mail-first = The first question:
survey-mail-answer = Answer now
survey-mail-until = You can answer until { $until }. The link is yours alone: please do not pass it on.
survey-mail-why = You get this mail because you are { $sender }'s contact at { $customer }.
survey-mail-opt-out = No more surveys
