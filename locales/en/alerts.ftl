# The alert mail.

## Severity, as the subject and the head of the mail show it
alert-severity-high = HIGH
alert-severity-medium = MEDIUM
alert-severity-low = LOW

## Subject: what happened, then what is at risk
alert-subject = [Hawser] { $severity }: { $customer }, { $what }
alert-subject-with-value = [Hawser] { $severity }: { $customer }, { $what }, { $value }
alert-subject-silent-consignees = { $silent } of { $total } { $total ->
    [one] consignee
   *[other] consignees
} silent
alert-subject-silent-shippers = { $silent } of { $total } { $total ->
    [one] shipper
   *[other] shippers
} silent
alert-subject-silent-partners = { $silent } of { $total } { $total ->
    [one] partner
   *[other] partners
} silent
alert-subject-churn = churn { $now }
alert-subject-churn-change = churn { $before } → { $now }
alert-subject-margin = { $amount } margin at risk
alert-subject-revenue = { $amount } revenue at risk
alert-subject-weight = { $amount } of freight at risk
alert-subject-shipments = { $amount } shipments at risk

## What changed
alert-kind = Churn risk
alert-customer-unnamed = Customer { $id }
alert-own-data = Our own data
alert-level = The probability that { $customer } leaves within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} has reached { $now }. Your alert level is { $limit }%.
alert-rise = The probability that { $customer } leaves within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} has risen to { $now }. You are told when it rises by { $limit } or more percentage points.
alert-before = It was { $before } on { $date }.
alert-first = There is no earlier assessment to compare with.
alert-silent-consignees = { $silent } of its { $total } { $total ->
    [one] consignee
   *[other] consignees
} no longer { $silent ->
    [one] receives
   *[other] receive
} anything from it through us.
alert-silent-shippers = { $silent } of its { $total } { $total ->
    [one] shipper
   *[other] shippers
} no longer { $silent ->
    [one] sends
   *[other] send
} anything to it through us.
alert-silent-partners = { $silent } of its { $total } { $total ->
    [one] partner
   *[other] partners
} no longer { $silent ->
    [one] trades
   *[other] trade
} with it through us.
alert-evidence-enough = Enough shipments of its own to judge it by.
alert-evidence-low = Low evidence: it has few shipments of its own, so the number leans on customers like it.
alert-evidence-none = No evidence of its own: the number is that of customers like it.

alert-reminder = A reminder: the time for which this alert was snoozed is over.
alert-since-told = Since we last told you, on { $date }, it has become worse by { $amount }.
alert-since-told-worse = It has become worse since we last told you, on { $date }.
alert-gap-points = { $amount } percentage { $amount ->
    [one] point
   *[other] points
}
alert-gap-days = { $amount } { $amount ->
    [one] day
   *[other] days
}
alert-gap-times = { $amount } more

## What the rules found: its kind, the subject's few words, the sentences
alert-kind-partner = Risk through a partner
alert-event-partner = partner { $partner } at { $churn } churn
alert-found-partner = { $partner } carries { $share } of the business of { $customer } and may leave: its own churn probability is { $churn }. { $probability } of churn probability comes to { $customer } through it.
alert-found-path = The danger reaches { $partner } from further on: { $partner } ← { $path }.
alert-figure-partner = Churn through this partner
alert-kind-unsatisfied = Unsatisfied department
alert-event-unsatisfied = { $department } satisfaction { $score }
alert-found-unsatisfied = The satisfaction of { $department } is { $score }; it should reach { $target }. With 90% certainty it lies between { $low } and { $high }.
alert-figure-satisfaction = Satisfaction
alert-kind-fall = Falling satisfaction
alert-event-fall = satisfaction { $before } → { $score }
alert-found-fall = Its satisfaction fell to { $score }; on { $date } it was { $before }.
alert-found-weakest = Least satisfied now: { $department }.
alert-kind-unheard = Department not heard
alert-event-unheard = { $department } not heard for { $days ->
    [one] { $days } day
   *[other] { $days } days
}
alert-found-unheard = Nothing has been heard from { $department } for { $days ->
    [one] { $days } day
   *[other] { $days } days
}, the last time on { $date }.
alert-found-never-heard = { $department } has never been heard; others of the customer have been for { $days ->
    [one] { $days } day
   *[other] { $days } days
}.
alert-kind-score-money = Satisfaction and business disagree
alert-event-satisfied-less = satisfied ({ $score }), yet { $change } less business
alert-event-unsatisfied-more = unsatisfied ({ $score }), though { $change } more business
alert-found-satisfied-less = Its satisfaction is { $score }, yet its business is { $change } below the same weeks a year before.
alert-found-unsatisfied-more = Its satisfaction is only { $score }, though its business is { $change } above the same weeks a year before.
alert-kind-volume = Less business
alert-event-volume = { $change } less business than a year ago
alert-found-volume = { $now ->
    [one] { $now } shipment
   *[other] { $now } shipments
} in the last { $weeks ->
    [one] week
   *[other] { $weeks } weeks
}, { $before } in the same weeks a year before: { $change } less business.
alert-figure-volume = Business against a year before
alert-kind-complaint-overdue = Complaint overdue
alert-event-unacknowledged = complaint not acknowledged, due { $date }
alert-event-unanswered = complaint not answered, due { $date }
alert-found-unacknowledged = The complaint “{ $subject }” has not even been acknowledged; that was due on { $date }.
alert-found-unanswered = The complaint “{ $subject }” has not been answered; that was due on { $date }.
alert-kind-complaint-reopened = Complaint reopened
alert-event-reopened = complaint reopened on { $date }
alert-found-reopened = The complaint “{ $subject }” was reopened on { $date }, { $times ->
    [one] for the first time
   *[other] { $times } times in all
}: our answer did not settle it.
alert-kind-promise-due = Promise due
alert-event-promise-due = promise due { $date }
alert-found-promise-due = We promised “{ $promise }” by { $date }.
alert-kind-promise-broken = Promise broken
alert-event-promise-broken = promise of { $date } not kept
alert-found-promise-broken = We promised “{ $promise }” by { $date }, and did not keep it.
alert-found-measured = Measured: { $value }; promised: { $level }.
alert-kind-contract = Contract ends
alert-event-contract = contract ends { $date }
alert-event-contract-notice = contract notice due by { $date }
alert-found-contract-ends = A contract ends on { $date }.
alert-found-contract-renews = A contract runs until { $date } and goes on unless somebody gives notice.
alert-found-contract-notice = Last day for notice: { $date }.
alert-found-contract-value = It is worth { $value } a year.
alert-found-contract-link = It is about the business with { $partner }.
alert-figure-contract = Contract value a year
alert-kind-key-person = One person holds the contact
alert-event-key-person = { $share } of the contact rests on { $person }
alert-found-key-person = { $share } of our contact with { $customer } goes through { $person }.
alert-found-may-leave = By estimate { $value } may leave with that person.
alert-figure-key-person = Contact through one person
alert-kind-payment = Late payment
alert-event-payment = pays { $days } days after due, { $before } before
alert-found-payment = { $count ->
    [one] One invoice was
   *[other] { $count } invoices were
} due since { $date }, paid or still open; on average payment is { $days } days after the due date so far. Of those due before it was { $before } days.
alert-figure-payment = Days after due
alert-kind-data = Data missing
alert-event-data = no new { $kind } for { $days ->
    [one] { $days } day
   *[other] { $days } days
}
alert-found-data = The last import of { $kind } came on { $date }, { $days ->
    [one] { $days } day
   *[other] { $days } days
} ago. Usual number of days between two: { $usual }. What rests on them is out of date.
alert-data-shipments = shipments
alert-data-invoices = invoices
alert-data-contracts = contracts
alert-department-purchasing = Purchasing
alert-department-planning = Planning
alert-department-production = Production
alert-department-warehouse = Warehouse
alert-department-sales = Sales
alert-department-quality = Quality
alert-department-finance = Finance
alert-department-management = Management

## Figures
alert-figure-churn = Churn probability
alert-labelled = { $label }: { $value }
alert-value-margin = Margin at risk
alert-value-revenue = Revenue at risk
alert-value-weight = Freight at risk
alert-value-shipments = Shipments at risk

## Why
alert-why = Why
alert-why-churn = What its churn probability within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} is made of
alert-part-own = Its own shipping pattern
alert-part-partner = { $partner } may be lost
alert-part-partner-share = { $partner } may be lost; it carries { $share } of its business
alert-partner-unnamed = A partner of another team
alert-part-others = Everything else
alert-part-total = Together
alert-hypothesis-unchecked = What comes from partners is a hypothesis: whether losses spread between partners here has not been checked against your history yet.
alert-hypothesis-unsupported = What comes from partners is a hypothesis: your history does not confirm that losses spread between partners here.

## Who would follow
alert-followers = Who would follow
alert-followers-hypothesis = Who might follow
alert-followers-none = No partner is expected to follow.
alert-follower-change = Churn { $now } today, { $lost } if this customer is lost
alert-behind-margin = Margin behind it
alert-behind-revenue = Revenue behind it
alert-behind-weight = Freight behind it
alert-behind-shipments = Shipments behind it
alert-more = and { $count } more

## Next step
alert-next = Next step
alert-next-by = { $step }, by { $date }.
alert-step-call = Call the customer and ask what has changed
alert-step-visit = Visit the customer
alert-step-service-review = Hold a service review with the customer
alert-step-price-review = Review the prices with the customer
alert-step-recovery = Settle the open complaint and confirm it with the customer
alert-step-partner = Talk to the customer about the partners that went silent

alert-step-survey = Ask the department how satisfied it is
alert-step-promise = Keep the promise, or agree on another day with the customer
alert-step-renewal = Talk to the customer about the next term of the contract
alert-step-second-contact = Make a second person of ours known to the customer
alert-step-payment = Talk to the customer about the open invoices
alert-step-data = Find out why the data stopped coming
alert-worked = What worked before
alert-worked-too-few = Not enough cases to say: { $cases ->
    [0] such a step has not been measured here yet
    [one] such a step was measured once here
   *[other] such a step was measured { $cases } times here
}.
alert-worked-kept = { $kept } of { $cases } customers stayed after such a step.
alert-worked-effect = { $kept } It lowers the probability of loss by { $effect } (90% interval { $low } to { $high }), against customers like these without it.

## Pictures, for those who do not see them
alert-picture-course = Course of the churn probability: { $points }.
alert-picture-course-level = Course of the churn probability: { $points }. The alert level is { $level }.
alert-picture-point = { $date } { $churn }
alert-picture-network = { $customer } and its partners by share of business; the darker, the likelier to leave. { $partners }
alert-picture-partner = { $number }: { $partner }
alert-picture-partner-share = { $number }: { $partner }, { $share } of its business
alert-picture-partner-churn = { $number }: { $partner }, churn { $churn }
alert-picture-partner-both = { $number }: { $partner }, { $share } of its business, churn { $churn }

## Links and foot
alert-deed-acknowledge = I am at it
alert-deed-snooze = Remind me later
alert-deed-resolve = Resolve
alert-open-alert = Open the alert
alert-open-customer = Open the customer
alert-links-note = Opening a link changes nothing; you are asked first.
alert-as-of = As of { $date }
alert-team = Team { $team }
