"""The mixtures that ship with the product: a file each, bound to whatever models there are.

`<slug>.yaml` is a moa-recipe/1 document in which every `model` and every `fallback` names
a *seat* instead of an alias, and which has one key more at its top:

    x_preset:
      pays: When it pays, and what speaks against it, in a sentence or two.
      sources:
        - {name: "Wang et al. 2024, Mixture-of-Agents", url: "https://arxiv.org/abs/2406.04692"}

What it is stands in `description`, one sentence that ends with a full stop and counts no
calls: pages count them from the layers. The key is left out of what is bound.

A seat is a role, or a role and a number from 1 where several may be meant:

| seat           | who sits there                                                           |
|----------------|--------------------------------------------------------------------------|
| `proposer-1` … | diverse models: the strongest of each family, then the second of each …  |
| `best`         | the one strongest model, to be sampled                                   |
| `aggregator`   | a strong aggregator: good at it by its card, else the largest            |
| `judge-1` …    | good at judging, else the largest, and no proposer as long as there are others |
| `router`       | good at routing, else the smallest that does not reason                  |
| `small`        | the smallest that does not reason                                        |

The same seat in two layers is the same model. `casting` has the rules, `binding` the
document: `max_tokens` of a file (2048 where it has none) is lowered to what the model
gives and its readers hold; models that reason get four times as many and no temperature.
A file is offered once its slug stands in `files.ORDER`.
"""
