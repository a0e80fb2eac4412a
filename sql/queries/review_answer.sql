-- Answer an open review; false when there is none of that number.
SELECT artwork_indexer.answer_review(
    %(review)s::bigint, %(answer)s::text, %(notes)s::text, %(person)s::text)
