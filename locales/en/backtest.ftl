# Back-tests: verdicts and the page with plots.

## Verdict on own churn
backtest-own-supported = Own churn is supported by this history: it ranks customers at least as well as recency alone and frequency alone, better than at least one of them, and its probabilities say more than the base rate.
backtest-own-not-supported = Own churn is not supported by this history: read it beside the plain figures, not in their place.
backtest-own-too-few = There are too few events to judge own churn.
backtest-own-events = { $events } of { $observations } predictions ended in silence over the horizon.
backtest-ranks-better = It ranks better than { $other }: AUC { $a } against { $b }, a difference of { $difference } ({ $low } to { $high }).
backtest-ranks-worse = It ranks worse than { $other }: AUC { $a } against { $b }, a difference of { $difference } ({ $low } to { $high }).
backtest-ranks-alike = No difference from { $other } can be told: AUC { $a } against { $b }, a difference of { $difference } ({ $low } to { $high }).
backtest-ranks-active = Among customers that had shipped or received in the { $weeks } weeks before, its AUC is { $a }; recency alone has { $b }.
backtest-skill = Against the base rate its probabilities gain { $skill } of the Brier score ({ $low } to { $high }); they are off by { $error } percentage points on average.

## Verdict on the cascade
backtest-cascade-supported = The cascade term is supported by this history: customers that had lost partners left more often afterwards than own churn and chance explain.
backtest-cascade-not-supported = The cascade term is not supported by this history: it is shown as a hypothesis.
backtest-cascade-too-few = This history has too few events to judge the cascade term: it is shown as a hypothesis.
backtest-cascade-events = { $customers } customers lost a partner in some period; { $departures } of these { $exposed } cases were silent in the period after.
backtest-cascade-lagged = Over all classes the strength is { $kappa } ({ $low } to { $high }) for partners lost in the period before; with partners exchanged at random it is { $placebo } on average and exceeds { $high-placebo } in one case of twenty.
backtest-cascade-same = For partners lost in the same period it is { $kappa } ({ $low } to { $high }), a figure with common causes mixed in.
backtest-cascade-ranking = Added to own churn with the strengths learnt by each date, it moves the AUC by { $difference } ({ $low } to { $high }).

## Verdict on the number of shipping days
backtest-days-supported = The number of shipping days is met in total: { $expected } were expected, { $seen } came.
backtest-days-too-low = Shipping days are underestimated: { $expected } were expected, { $seen } came.
backtest-days-too-high = Shipping days are overestimated: { $expected } were expected, { $seen } came.
backtest-days-too-few = Too few shipping days came to judge how many were expected.
backtest-days-share = That is { $share } of what came.

## Verdict on the season
backtest-season-seen = There is a season that the expectations miss: silence in quiet months is not yet a sign of departure.
backtest-season-not-seen = No season is left that the expectations miss.
backtest-season-too-few = The dates are too few or too close together to tell a season; silence in quiet months may be mistaken for departure.
backtest-season-quarters = Shipping days that came, against those expected, by the quarter in the middle of the horizon: from { $low } in quarter { $low-quarter } to { $high } in quarter { $high-quarter } (chance alone would do so in { $chance } of cases).

## Verdict on the loss of links
backtest-links-supported = The loss probability of links holds as the probability that a link stays silent.
backtest-links-not-supported = The loss probability of links is not to be read as the probability that a link stays silent: a link may end while both of its customers stay.
backtest-links-too-few = There are too few events to judge the loss probability of links.
backtest-links-events = Over the horizon { $events } of { $observations } links stayed silent; { $expected } were expected to.
backtest-links-skill = Its Brier skill against the base rate is { $skill } ({ $low } to { $high }); that of the shipping days of a link alone is { $own }.

## Names
backtest-component-links = Loss of links
backtest-component-own = Own churn
backtest-component-cascade = Cascade term
backtest-component-days = Number of shipping days
backtest-component-season = Season
backtest-word-supported = supported
backtest-word-not-supported = not supported
backtest-word-too-few = too few events
backtest-word-too-low = too low
backtest-word-too-high = too high
backtest-word-seen = seen
backtest-word-not-seen = not seen
backtest-predictor-own = own churn
backtest-predictor-cascade = own + cascade, default strengths
backtest-predictor-learnt = own + cascade, learnt strengths
backtest-predictor-recency = recency alone
backtest-predictor-frequency = frequency alone
backtest-group-all = All customers
backtest-group-active = Recently active
backtest-group-shippers = Shippers
backtest-group-consignees = Consignees
backtest-group-links = Links
backtest-metric-auc = AUC
backtest-metric-precision = Average precision
backtest-metric-brier = Brier score
backtest-metric-skill = Brier skill
backtest-metric-error = Calibration error
backtest-metric-lift = Top-decile lift
backtest-class-shipper-controls = Shipper, controls the routing
backtest-class-shipper-does-not = Shipper, does not control it
backtest-class-shipper-unknown = Shipper, control not known
backtest-class-consignee-controls = Consignee, controls the routing
backtest-class-consignee-does-not = Consignee, does not control it
backtest-class-consignee-unknown = Consignee, control not known

## Page
backtest-title = Back-test, { $from } to { $to }
backtest-intro = At { $dates } past dates, { $days } days apart, Hawser computed from what was known before each date alone who would be silent over the { $weeks } weeks from that date on. Beside it stands what came: { $observations } predictions about { $customers } customers, of which { $events } ended in silence.
backtest-intervals = Intervals are 90 % and by bootstrap over whole customers, unless said otherwise.
backtest-verdicts = Verdicts
backtest-table = All figures
backtest-head-group = Of whom
backtest-head-predictor = Predictor
backtest-head-predictions = Predictions
backtest-head-events = Silent
backtest-numbers = The numbers
backtest-model = Models: { $version }. Strengths were learnt with business measured in { $basis }.
backtest-basis-revenue = revenue
backtest-basis-weight = weight
backtest-basis-shipments = shipments
backtest-plot-auc = Who ranks customers best
backtest-plot-auc-alt = AUC of each predictor over all dates, with its interval. { $values }
backtest-plot-auc-read = The farther right, the better silent customers are told from others; 0.5 is chance. { $best } has the highest AUC, { $value }.
backtest-plot-dates = AUC date by date: { $predictor }
backtest-plot-dates-alt = AUC of { $predictor } at each date, with its interval, from { $low } to { $high }.
backtest-plot-dates-read = It lies between { $low } and { $high }; the line at 0.5 is chance.
backtest-plot-curve = Do the probabilities hold: { $predictor }
backtest-plot-curve-alt = Observed share of silence against the predicted probability, { $bins } bins of { $predictor }. { $values }
backtest-plot-curve-read = On the diagonal a probability of 30 % comes true 3 times in 10; { $predictor } is off by { $error } percentage points on average. Bars are Wilson's 90 % intervals.
backtest-plot-curve-none = No probabilities: no outcome of an earlier date was known by any date.
backtest-plot-lift = What the first tenth of the list is worth
backtest-plot-lift-alt = Top-decile lift of each predictor with its interval. { $values }
backtest-plot-lift-read = Among the tenth of customers that { $best } ranks highest, { $value } times as many fell silent as among all; 1 is chance.
backtest-plot-days = Shipping days expected and seen
backtest-plot-days-alt = Shipping days of all customers over the horizon of each date: expected and seen. { $values }
backtest-plot-days-read = Expected (squares, dashed) against seen (dots): over all dates { $expected } against { $seen }.
backtest-plot-kappa = Strength of the cascade by class
backtest-plot-kappa-alt = Strength kappa by class: learnt with its interval, the default, and the placebo. { $values }
backtest-plot-kappa-read = Dot: strength, default and history together, with its interval. Square: the default. Shaded: how far partners exchanged at random would lead. Where history is thin the dot stays near the default; the verdict, in the numbers, goes by history alone.
backtest-axis-auc = AUC
backtest-axis-predicted = predicted probability
backtest-axis-lift = times the base rate
backtest-axis-kappa = strength
backtest-value = { $name }: { $value }.
backtest-value-interval = { $name }: { $value } ({ $low } to { $high }).
backtest-head-date = As of
backtest-head-expected = Expected
backtest-head-seen = Seen
backtest-head-predicted = Predicted
backtest-head-observed = Observed
backtest-head-count = Count
backtest-head-class = Class
backtest-head-kappa = Strength
backtest-head-prior = Default
backtest-head-alone = History alone
backtest-head-placebo = Placebo, up to
backtest-head-exposed = Customers exposed
backtest-head-verdict = Verdict
