# The answer to a complaint: by mail, and behind its link.

## Both
complaint-answer = Our answer
complaint-remedy = What we do about it

## The mail
complaint-mail-subject = Our answer to your complaint: { $subject }
complaint-mail-greeting = Dear { $name },
complaint-mail-lead = Thank you for telling us about “{ $subject }”. Here is our answer.
complaint-mail-question = Is it settled? Only you can say so.
complaint-mail-button = Say whether it is settled
complaint-mail-note = The link shows our answer and asks you. Opening it changes nothing; until you answer, your complaint stays open with us. Please do not pass it on.

## The page
complaint-page-answered = Is it settled?
complaint-page-answered-lead = Please read our answer and tell us whether that settles your complaint. Until you say so, it stays open with us.
complaint-page-confirmed = Settled, as you told us
complaint-page-confirmed-lead = You told us on { $date } that this complaint is settled. Thank you.
complaint-page-open = We are looking after it
complaint-page-open-lead = Your complaint is open with us. You will have our answer by { $date }.
complaint-page-overdue-lead = Your complaint is open with us. You should have had our answer by { $date }: we are late, and we are sorry.
complaint-page-withdrawn = This complaint was withdrawn
complaint-page-withdrawn-lead = We do not follow it up any more. If that is not what you meant, please write to us.
complaint-complained = Your complaint
complaint-settled = Yes, it is settled
complaint-unsettled-title = Not settled?
complaint-unsettled-why = What is still missing? (optional)
complaint-unsettled = No, please look at it again
complaint-passed-on = What you wrote has been passed on to those who look after your complaint.
complaint-why-too-long = That is more than { $most } characters, and nothing has been sent. Please shorten it.
