# What-ifs, retention plans, loyalty spread.

## Conditions; each completes "If …"
what-if-lose = { $customer } leaves
what-if-protect = { $customer } does not leave by itself
what-if-own-churn = { $customer } leaves by itself with a probability of { $after } instead of { $before }
what-if-strength-value = a customer that loses all of its business follows with a probability of { $strength }
what-if-strength-factor = customers follow lost business { $factor } times as readily
what-if-link-business = the business from { $shipper } to { $consignee } comes to { $after } instead of { $before }
what-if-link-value = the { $basis ->
    [margin] margin
    [revenue] revenue
   *[other] business
} expected from { $shipper } to { $consignee } comes to { $after } instead of { $before }
what-if-terms = { $terms ->
    [prepaid] the shipper pays
    [collect] the consignee pays
    [third_party] a third party pays
   *[unknown] it is not known who pays
} for the freight from { $shipper } to { $consignee }
what-if-and = { $one }, and { $other }
what-if-many = all { $count } changes come true
what-if-unnamed = a customer of another team

## The loss
what-if-rises = If { $condition }, the expected loss of { $basis ->
    [margin] margin
    [revenue] revenue
    [weight] freight
   *[shipments] shipments
} over the next { $weeks ->
    [one] week
   *[other] { $weeks } weeks
} rises by { $difference }, from { $before } to { $after }.
what-if-falls = If { $condition }, the expected loss of { $basis ->
    [margin] margin
    [revenue] revenue
    [weight] freight
   *[shipments] shipments
} over the next { $weeks ->
    [one] week
   *[other] { $weeks } weeks
} falls by { $difference }, from { $before } to { $after }.
what-if-stays = If { $condition }, the expected loss of { $basis ->
    [margin] margin
    [revenue] revenue
    [weight] freight
   *[shipments] shipments
} over the next { $weeks ->
    [one] week
   *[other] { $weeks } weeks
} stays at { $after }.
what-if-shipments = { $count } shipments

## The others
what-if-nobody = Nobody else becomes noticeably more or less likely to leave.
what-if-rising = { $count ->
    [one] One other customer becomes
   *[other] { $count } other customers become
} more likely to leave.
what-if-falling = { $count ->
    [one] One other customer becomes
   *[other] { $count } other customers become
} less likely to leave.
what-if-both = { $rising } other { $rising ->
    [one] customer becomes
   *[other] customers become
} more likely to leave, and { $falling } less.
what-if-foremost = Most is at stake with { $customer }: its churn probability goes from { $before } to { $after }, and the { $basis ->
    [margin] margin
    [revenue] revenue
    [weight] freight
   *[shipments] number of shipments
} expected from it { $direction ->
    [falls] falls
   *[rises] rises
} by { $amount }.
what-if-because = The reason: { $share } of the business of { $customer } is with { $source }, and stands or falls with it.
what-if-because-over = The reason: { $customer } depends on { $source } by way of { $over }.
what-if-term = { $term ->
    [supported] That customers follow a partner is supported by a back-test on your history.
    [not_supported] That customers follow a partner is a hypothesis: the back-test on your history does not support it.
   *[hypothesis] That customers follow a partner is a hypothesis: it has not been confirmed on your history yet.
}
what-if-simulated = In the worst 5% of { $worlds } simulated futures over { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
}, the loss averages { $after } instead of { $before }.
what-if-sentences = { $one } { $other }

## Plans
plan-saves = With a budget of { $budget }, { $count ->
    [one] one of { $considered } customers is
   *[other] { $count } of { $considered } customers are
} to be looked after, for { $cost }. That lowers the expected loss of { $basis ->
    [margin] margin
    [revenue] revenue
    [weight] freight
   *[shipments] shipments
} over the next { $weeks ->
    [one] week
   *[other] { $weeks } weeks
} from { $before } to { $after }: it saves { $saved }.
plan-revenue = What is saved is revenue, not margin: the cost has to be earned from part of it.
plan-too-dear = That is less than it costs: within this horizon the plan does not pay for itself.
plan-best = No plan within this budget can save more.
plan-ceiling = No plan within this budget can save more than { $ceiling }.
plan-measured = Checked in { $worlds } simulated futures that had no part in choosing it, the plan saves { $saved } on average (standard error { $error }).
plan-empty = A budget of { $budget } buys nothing that saves anything: { $considered ->
    [one] the one customer in question is not chosen
   *[other] none of { $considered } customers is chosen
}.
plan-nobody = There is no customer whom the plan could choose.
plan-gone = { $count ->
    [one] One customer is left out who seems to have left already.
   *[other] { $count } customers are left out who seem to have left already.
}
plan-assumption = By how much a play lowers the probability of leaving is an assumption, and that partners follow is { $term ->
    [supported] supported by your history
    [not_supported] a hypothesis that your history does not support
   *[hypothesis] a hypothesis
}.
plan-assumption-effect = That a play lowers the probability of leaving by { $effect } of itself is an assumption, and that partners follow is { $term ->
    [supported] supported by your history
    [not_supported] a hypothesis that your history does not support
   *[hypothesis] a hypothesis
}.
plan-assumption-measured = That a play lowers the probability of leaving by { $effect } of itself is what { $cases } plays came to, beside similar customers without one (90 % interval { $low } to { $high }); people chose whom to look after, so that this is a comparison and no experiment. That partners follow is { $term ->
    [supported] supported by your history
    [not_supported] a hypothesis that your history does not support
   *[hypothesis] a hypothesis
}.
plan-reason = { $customer } would leave by itself within { $weeks ->
    [one] one week
   *[other] { $weeks } weeks
} with a probability of { $own }, and { $blast }{ $basis ->
    [margin] {" "}of margin
    [revenue] {" "}of revenue
    [weight] {" "}of freight
   *[shipments] {""}
} in the network would go with it; a play for { $cost } lowers that probability to { $reduced } and saves { $saved } on average.
plan-reason-gone = It seems to have left already: ask first whether a play comes too late.
plan-reason-dear = That is less than the play costs.

## Loyalty spread
spread-payers-unknown = It is not known of any shipment who pays: there is nothing to start from. Import the payer or the freight terms.
spread-found = { $prospects ->
    [one] One customer
   *[other] { $prospects } customers
} of { $open } who trade over us and are known to pay for none of it may be won next, because they trade with some of { $advocates } contented { $advocates ->
    [one] payer
   *[other] payers
}.
spread-nobody = { $open ->
    [one] One customer trades
   *[other] { $open } customers trade
} over us and { $open ->
    [one] is
   *[other] are
} known to pay for none of it; { $advocates ->
    [0] no payer is known to be active and content enough to spread loyalty
    [one] none of them trades with the one payer that is active and content
   *[other] none of them trades with any of the { $advocates } payers that are active and content
}.
spread-rests = This rests on who pays (known for { $share } of the shipments in the window), on activity, and on satisfaction measured by facts; nobody was asked whether they recommend us, and what they ship without us is not known.
spread-hypothesis = That loyalty spreads from a partner is a hypothesis, and how strongly is an assumption: take the list as an order of whom to talk to, not as a forecast.
spread-reason = { $customer } has { $business } moved over us at the expense of others; { $share } of its business goes over { $partner }, who pays us and is content.
spread-reason-alone = { $customer } has { $business } moved over us at the expense of others.
spread-paid-before = It paid us itself until { $date }.
