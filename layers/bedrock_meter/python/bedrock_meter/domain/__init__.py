"""Pure rules of metering: no clock, environment, network or logger, standard library only.

One noun a file; the themes, in the order a call meets them:

* time and names: `hours`, `tenant`, `log_object`, `manifest`, `waiting`, `errors`
* what was logged: `evidence`, `sharing`, `quarantine`, `usage`, `quantities`, `resolution`,
  `input_count`
* whose it is: `policy` (read by `document`, `terms`, `recognition`, `signs`, `ladder`, `case`),
  `aliases`, `principal`, `profile`, `stating`, `attribution`, `discovery`, `policy_change`
* what it costs: `money`, `model`, `region`, `place`, `rate`, `price_book`, `sheet`, `charge`,
  `contract`, `quote`, `explanation`; keeping the book: `overlay`, `book_laws`, `book_diff`,
  `peer_files`, `peer_import`, `published`, `usage_type`, `price_review`
* both at once: `valuation`, by the `decisions` in force; a name taken away: `erasure`,
  `erased_policy`
* live totals: `use`, `partial`, `board`, `spend`
* closed totals: `merge`, `rollup`, `tally`, `pool`, `total`, `top`, `hour_row`, `correction`,
  `workload`, `findings`, `completeness`, `audit`
* levels: `level`, `plan`, `period`, `days`, `time_zone`, `signal` and each of them (`share`,
  `pace`, `forecast`, `baseline`, `deviation`), `judgement`, `way_down`, `level_state`, `standing`
* what follows: `flag`, `flag_document`, `notice`, `shown_text`
"""
