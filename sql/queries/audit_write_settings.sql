-- Tell the functions of the database what they have to know of the configuration.
UPDATE artwork_indexer.audit_setting
   SET settle = %(settle)s::interval, reaudit = %(reaudit)s::interval
 WHERE (settle, reaudit) IS DISTINCT FROM (%(settle)s::interval, %(reaudit)s::interval)
