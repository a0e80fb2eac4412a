-- How many reviews are in a state.
SELECT count(*) AS reviews FROM artwork_indexer.needs_manual_review AS review
 WHERE review.status = %(status)s::artwork_indexer.manual_review_status
