// The scores of Sphinx's own search, but a heading that has the words as they stand comes first:
// each message in Troubleshooting is one. (Not const: Sphinx declares it with var.)
var Scorer = {
  score: ([, , anchor, , score, , kind]) => (kind === "title" && anchor ? score + 100 : score),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
