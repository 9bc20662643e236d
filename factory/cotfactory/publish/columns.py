"""How each published column was made: for the card."""

COLUMNS = {
    "split": "the config this row belongs to",
    "part": "`train` or `test`; all rows of a problem are in the same part",
    "origin": "`sampled`: as the teacher gave it. `natural`: a sampled trace that corrects itself. "
    "`continued`: the teacher went on from a wrong thought. `stitched`: put together from "
    "sibling traces",
    "trace_id": "content hash of the sampled trace; of a row made of several, an id of its own",
    "trace_ids": "every trace whose text is in the row",
    "pair_id": "`trace_id` of the shortcut row of the same problem",
    "problem_id": "content hash of prompt, reference and source",
    "messages": "the chat; the thought stands inside `<think>` tags in the assistant turn",
    "prompt": "the last user message",
    "reasoning": "the thought, without tags",
    "response": "the answer after the thought",
    "thought_from": "where the thought was found: set apart by the teacher (`thought`), in its "
    "visible answer before the conclusion (`response`), or nowhere (`none`)",
    "reference": "what the answer was judged against",
    "status": "the verifier's verdict on the answer",
    "extracted": "the answer as the verifier read it",
    "verifier": "which verifier judged",
    "domain": "`math`, `code`, `stem`, `logic` or `general`",
    "kind": "`reasoning` or `non_reasoning`",
    "language": "expected language, ISO 639-1",
    "model": "the teacher's model",
    "teacher": "fingerprint of model, revision, prompts and sampling parameters",
    "sampling": "sampling parameters (JSON)",
    "source": "where the problem came from",
    "source_id": "the id that the source gave",
    "licence": "licence of the problem, as its source states it",
    "completion_tokens": "length of the teacher's answer, as the engine counted it",
    "scores": "what annotators measured (JSON)",
    "spans": "wrong attempts, reflections and correct paths: characters [start, end) of the "
    "assistant message, with the verdict on the answer each one reaches",
    "rules": "the rules that rejected the row; empty in the other configs",
}

PREFERENCE_COLUMNS = {
    "prompt": "the problem's messages",
    "chosen": "an assistant turn whose answer is right",
    "rejected": "an assistant turn whose answer is wrong, and that breaks no other rule",
    "trace_ids": "the chosen and the rejected trace",
    "chosen_extracted": "the right answer as the verifier read it",
    "rejected_extracted": "the wrong one",
}
"""Where preference pairs have other columns than the rest."""
