# The pages behind the links in alert mails.

## What the alert is
alert-page-customer = Customer
alert-page-own-data = Our own data
alert-page-what = Alert
alert-page-severity = Severity
alert-page-state = State
alert-page-since = Since
alert-page-owner = With
alert-page-open = Open the alert
alert-page-note = The button acts in your name. Opening this page has changed nothing.

alert-page-high = High
alert-page-medium = Medium
alert-page-low = Low
alert-page-state-open = Open
alert-page-state-acknowledged = Acknowledged
alert-page-state-snoozed = Snoozed
alert-page-state-resolved = Resolved

alert-page-churn-level = Churn probability at the alert level
alert-page-churn-rise = Churn probability rising
alert-page-partner-risk = Business at risk through a partner
alert-page-department-unsatisfied = A department is unsatisfied
alert-page-satisfaction-fall = Satisfaction is falling
alert-page-department-unheard = A department has not been heard
alert-page-score-and-money = Score and business disagree
alert-page-volume-drop = Volume below the same season last year
alert-page-complaint-overdue = A complaint is overdue
alert-page-complaint-reopened = A complaint was reopened
alert-page-promise-due = A promise is due
alert-page-promise-broken = A promise was broken
alert-page-contract-ending = A contract ends soon
alert-page-key-person = The contact rests on one person
alert-page-payment-fall = Payments come later than before
alert-page-data-stale = Data stopped coming

## Acknowledging
alert-page-acknowledge = Are you on it?
alert-page-acknowledge-lead = Tell your colleagues that you are looking after this alert.
alert-page-acknowledge-button = I am on it
alert-page-acknowledged = Acknowledged
alert-page-acknowledged-by = { $name } is on it.
alert-page-acknowledged-lead = Somebody is on it.

## Snoozing
alert-page-snooze = Snooze this alert?
alert-page-snooze-lead = It stays quiet until then, unless it gets worse.
alert-page-snooze-legend = For how long?
alert-page-days = { $days ->
    [one] One day
   *[other] { $days } days
}
alert-page-snooze-button = Snooze
alert-page-snoozed = Snoozed
alert-page-snoozed-lead = It stays quiet until { $date }, unless it gets worse.

## Resolving
alert-page-resolve = Resolve this alert?
alert-page-resolve-lead = You are told again only if something new happens.
alert-page-resolve-legend = Why?
alert-page-resolve-button = Resolve
alert-page-resolved = Resolved
alert-page-resolved-lead = This alert is resolved: { $why }.
alert-page-acted = Something was done about it
alert-page-false-alarm = False alarm
alert-page-lost = The customer is lost
alert-page-expired = It no longer matters
alert-page-recovered = the figures recovered
alert-page-cause-over = its cause has passed
alert-page-customer-left = the customer has left
alert-page-rule-off = the rule was switched off
alert-page-superseded = another alert took its place
alert-page-customer-deleted = the customer was deleted
alert-page-merged = its customer was merged into another

## Links that do nothing any more
alert-page-over = This link has expired
alert-page-over-text = Links in alert mails work for 14 days. Nothing has been changed. Please open the alert in Hawser, or use the link in a newer mail.
alert-page-refused = You cannot see this alert any more
alert-page-refused-text = The customer is looked after by another team, was removed, or your account was closed. Nothing has been changed.

## How alerts are mailed
alert-mails-ask = Alert mails
alert-mails-done = Saved
alert-mails-now-real-time = Alerts are mailed to you one by one, as soon as they are raised.
alert-mails-now-daily = You get one summary of alerts a day.
alert-mails-now-weekly = You get one summary of alerts a week.
alert-mails-now-never = You get no mails about alerts.
alert-mails-now-mixed = How alerts are mailed to you depends on their severity.
alert-mails-legend = How would you like to hear of alerts?
alert-mails-real-time = One mail per alert, at once
alert-mails-daily = A summary every day
alert-mails-weekly = A summary every week
alert-mails-never = No alert mails at all
alert-mails-button = Save
