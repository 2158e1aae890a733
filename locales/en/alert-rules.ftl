# What alert rules read, measure in and lack.

alert-rule-inputs-churn-level = The churn probability in the newest run
alert-rule-inputs-churn-rise = The churn probability in the newest run, against the run before
alert-rule-inputs-partner-risk = How much of the churn probability comes through one partner: its share of the business, its own churn and the links to it
alert-rule-inputs-department-unsatisfied = A department's satisfaction in the newest run, against its target
alert-rule-inputs-satisfaction-fall = The customer's satisfaction in the newest run, against the run before
alert-rule-inputs-department-unheard = When each department that has to be heard last answered, complained or spoke
alert-rule-inputs-score-and-money = Satisfaction, beside the business against the same weeks a year before
alert-rule-inputs-volume-drop = The business of the newest weeks, against the same weeks a year before
alert-rule-inputs-complaint-overdue = Complaints that are open, and when they are to be acknowledged and answered
alert-rule-inputs-complaint-reopened = Complaints that were answered and are open again
alert-rule-inputs-promise-due = Promises that are open, and when they are due
alert-rule-inputs-promise-broken = Promises that were decided to be broken
alert-rule-inputs-contract-ending = Contracts in force, their last day and the last day for notice
alert-rule-inputs-key-person = Who of our people talks with the customer, and how often
alert-rule-inputs-payment-fall = How late the newest invoices were paid, against those before
alert-rule-inputs-data-stale = When each kind of import last brought something, and how often it usually does

alert-rule-unit-share = a share, 0 to 1
alert-rule-unit-days = days; negative: days that are left
alert-rule-unit-times = times
alert-rule-unit-weight = the promise's weight
alert-rule-unit-usual-gaps = multiples of the usual gap

alert-rule-want-no-run = no run yet
alert-rule-want-no-earlier-run = no earlier run yet
alert-rule-want-no-answers = no answers yet
alert-rule-want-no-complaints = no complaints yet
alert-rule-want-no-promises = no promises yet
alert-rule-want-no-contracts = no contracts yet
alert-rule-want-no-interactions = no interactions yet
alert-rule-want-no-paid-invoices = no paid invoices yet
alert-rule-want-too-few-imports = too few imports to know a usual gap
alert-rule-want-no-year-of-shipments = less than a year of shipments
alert-rule-want-no-recent-shipments = no shipments in the newest weeks
