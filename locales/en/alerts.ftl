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
alert-level = The probability that { $customer } leaves within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} has reached { $now }. Your alert level is { $level }.
alert-rise = The probability that { $customer } leaves within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} has risen to { $now }. You are told when it rises by { $step } or more percentage points.
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

## Figures
alert-figure-churn = Churn probability
alert-labelled = { $label }: { $value }
alert-value-margin = Margin at risk
alert-value-revenue = Revenue at risk
alert-value-weight = Freight at risk
alert-value-shipments = Shipments at risk

## Why
alert-why = Why
alert-part-own = Its own shipping pattern
alert-part-partner = { $partner } may be lost
alert-part-partner-share = { $partner } may be lost; it carries { $share } of its business
alert-partner-unnamed = A partner
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

## Links and foot
alert-open-alert = Open the alert
alert-open-customer = Open the customer
alert-links-note = Opening a link changes nothing.
alert-as-of = As of { $date }
alert-team = Team { $team }
