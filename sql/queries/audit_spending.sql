-- What was spent of each budget in the last hour and the last day.
SELECT budget.name, artwork_indexer.audit_spent(budget.name, now() - interval '1 hour')::integer AS hour,
       artwork_indexer.audit_spent(budget.name, now() - interval '24 hours')::integer AS day
  FROM unnest(ARRAY['entities', 'repairs', 'format_repairs', 'deletes']) AS budget (name)
