-- Which kinds of finding were repaired how often, and with what success.
SELECT trial.kind, trial.started, trial.verified, trial.failed
  FROM artwork_indexer.audit_probation AS trial
 ORDER BY trial.kind
