"""Pure rules of metering: no clock, environment, network or logger, standard library only.

One noun a module; seven wings, each of which knows only those before it:

* time: `hours`, `days`, `period`, `time_zone`
* records: what was logged and by whom: `log_object`, `manifest`, `waiting`, `evidence`, `sharing`,
  `merge`, `quarantine`, `byte_source`, `usage`, `use`, `memory`, `schema`, `errors`; names:
  `tenant`, `aliases`, `shown_text`
* pricing: what a call costs: `money`, `model`, `region`, `place`, `rate`, `rate_card`,
  `price_book`, `contract`, `charge`, `quantities`, `resolution`, `input_count`
* prices: keeping the book: `overlay`, `book_invariants`, `book_diff`, `third_party_files`,
  `third_party_import`, `published`, `usage_type`, `price_review`, `addition`, `quote`,
  `explanation`
* levels: whom to slow down: `plan`, `level`, `spend`, `inputs`, `reading` and each of them
  (`share`, `pace`, `forecast`, `baseline`, `deviation`), `signals`, `level_state`, `way_down`,
  `stored_state`; what follows: `flag`, `flag_document`, `notice`
* policy: whose a call is: `policy` (read by `document`, `terms`, `recognition`, `matchers`,
  `thresholds`), `principal`, `profile`, `stating`, `attribution`, `discovery`, `policy_change`,
  `erased_policy`, `decisions`
* totals: a call named and priced: `valuation`, `changes`; live: `partial`, `live`, `live_page`;
  closed: `rollup`, `tally`, `pool`, `total`, `top`, `hour_row`, `correction`, `workload`,
  `findings`, `completeness`, `audit`; a name taken away: `erasure`
"""
