# The digest of alerts, and the roll-up of a team's.

## Digest
digest-subject-daily = [Hawser] Alerts of the day: { $what }
digest-subject-weekly = [Hawser] Alerts of the week: { $what }
digest-new = { $count } new
digest-worse = { $count } worse
digest-woken = { $count ->
    [one] { $count } reminder
   *[other] { $count } reminders
}
digest-over = { $count } resolved
digest-value = { $value } in the worst
digest-kind-daily = Daily digest
digest-kind-weekly = Weekly digest
digest-title = { $count ->
    [one] One alert
   *[other] { $count } alerts
} since your last digest
digest-title-resolved = { $count ->
    [one] One alert was resolved
   *[other] { $count } alerts were resolved
} since your last digest
digest-opened = New
digest-worsened = Became worse
digest-reminders = Snoozed until now
digest-resolved = Resolved meanwhile
digest-due = { $step }, by { $date }
digest-budget = { $count ->
    [one] One of these would have been a mail of its own, but this month's { $budget } mails are spent.
   *[other] { $count } of these would have been mails of their own, but this month's { $budget } mails are spent.
}
digest-more = and { $count } more: hawser alerts list
digest-change = How alerts are mailed to you
digest-foot = You get this because you asked for a digest.

## How alerts ended
digest-ended-acted = acted on
digest-ended-false-alarm = false alarm
digest-ended-lost = customer lost
digest-ended-expired = does not matter any more
digest-ended-recovered = recovered
digest-ended-over = cause passed
digest-ended-customer-left = customer left
digest-ended-rule-off = rule switched off
digest-ended-superseded = told by another alert
digest-ended-deleted = customer deleted
digest-ended-merged = customer merged
digest-ended-other = over

## Roll-up
roll-up-subject = [Hawser] { $team }: { $count ->
    [one] one open alert
   *[other] { $count } open alerts
}, { $overdue } overdue
roll-up-all = All teams
roll-up-kind-daily = Roll-up of the day
roll-up-kind-weekly = Roll-up of the week
roll-up-open = Open by severity
roll-up-owners = Open by owner
roll-up-nobody = Nobody
roll-up-attention = Needs attention
roll-up-unassigned = Without an owner
roll-up-overdue = Past their deadline
roll-up-snoozed = Snoozed
roll-up-resolved = Resolved since the last roll-up
roll-up-none-resolved = None
roll-up-top = Most at risk
roll-up-foot = You get this because you asked for the roll-up of a team.
