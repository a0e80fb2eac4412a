-- Let everybody plan anew after many entities came under audit.
SELECT artwork_indexer.analyze_audit_entities()
