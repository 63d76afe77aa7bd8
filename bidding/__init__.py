"""The platform and composition root: people, tenders, submissions, money, awards, supervision."""
