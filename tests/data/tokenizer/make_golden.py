# Writes golden.json and trainer_golden.json: small tokenizers of every supported kind and what Hugging
# Face's tokenizers library (0.23.3) makes of a list of awkward texts. Usage: python make_golden.py
import json
import os

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from tokenizers.pre_tokenizers import ByteLevel

HERE = os.path.dirname(os.path.abspath(__file__))

STORY = """Once there was a small house near the river. The house had two windows and one red door.
An old man lived there with his dog, and the dog's name was Otto. "Where's my hat?" asked the man.
It wasn't on the chair; it wasn't under the bed. They'll look in the garden, and we've 12 apples,
345 plums and 6789 nuts!  In the evening the wind came from the north, from the north sea.
    The man said: I'm tired, I'd like to sleep now. He'd lost the hat, the dog had found the hat.
Ein Käse für die Bären: fünf Äpfel. Le garçon a mangé une crêpe. Привет, мир! 日本の家。
""" * 3

TEXTS = [
    "", " ", "  ", "   x", "\n", "\n\n \n", "\t\tx ", "the house", " the house", "the  house  ",
    "The man's dog wasn't there, they'll see WE'VE I'M", "1 12 123 1234567", "a1b2 c3", "x\r\ny\r\n",
    "Hello, world! (yes) ... #1", "café cafe\u0301 CAFÉ", "\u1100\u1161\u11a8 각 ﬁ ½ ① ²",
    "a\u0323\u0301 a\u0301\u0323", "İstanbul ẞ ſ", "日本の家。", "😀 👩‍👩‍👧 🇩🇪", "\u00a0x\u3000y\u2028z\u0085w",
    "\u180ex \ufeffy \u200bz", "▁x ▁▁y", "<s>", "x<s>y</s>", " <s> x", "<mask>  x", "x  <mask>", "<mask><mask>",
    "word keyword key", "key", "keys", "key key", "KEY Key", "<s", "<<s>>", "<user>\n\n hi</s>\n", "<0x41>", "Ġthe Ċ",
    "x_y__z", "____", "don''t", "a.b,c;d", "-1.5e-3", "\x00\x01", "hat hat hat", "tab\tin\tit",
]


def byte_level_model(**options):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=340, initial_alphabet=sorted(ByteLevel.alphabet()), show_progress=False)
    tokenizer.train_from_iterator([STORY], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model | options


# Pieces spelled with "▁": <unk>, <s>, </s>, the bytes when they are wanted, characters, merges.
def piece_model(with_bytes, **options):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    alphabet = sorted(set("▁abcdefghijklmnopqrstuvwxyzABCDEHIMOTW0123456789.,'!?-\n"))
    trainer = trainers.BpeTrainer(vocab_size=180, limit_alphabet=len(alphabet), initial_alphabet=alphabet,
                                  show_progress=False)
    tokenizer.train_from_iterator([STORY], trainer)
    trained = json.loads(tokenizer.to_str())["model"]
    specials = ["<unk>", "<s>", "</s>"] + ([f"<0x{b:02X}>" for b in range(256)] if with_bytes else [])
    pieces = specials + [p for p, _ in sorted(trained["vocab"].items(), key=lambda item: item[1])]
    # Runs of spaces merge as in the real vocabularies.
    merges = trained["merges"] + [["▁", "▁"], ["▁▁", "▁▁"]]
    pieces += ["▁▁", "▁▁▁▁"]
    return trained | {"vocab": {p: i for i, p in enumerate(pieces)}, "merges": merges, "unk_token": "<unk>",
                      "byte_fallback": with_bytes} | options


def added(tokens):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": i, "content": content} | flags | options for i, content, options in tokens]


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


def sequence(key, *parts):
    return {"type": "Sequence", key: list(parts)}


def byte_level(prefix=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}


def metaspace(scheme, cut):
    return {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": cut}


def template(before, behind):
    piece = lambda token: {"SpecialToken": {"id": token, "type_id": 0}}
    ids = {"<s>": 1, "</s>": 2}
    return {"type": "TemplateProcessing",
            "single": [piece(t) for t in before] + [{"Sequence": {"id": "A", "type_id": 0}}] + [piece(t) for t in behind],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in ids}}


LLAMA3 = {"Regex": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                   r"|\s*[\r\n]+|\s+(?!\S)|\s+"}
SPM_NORMALIZER = sequence("normalizers", {"type": "Prepend", "prepend": "▁"},
                          {"type": "Replace", "pattern": {"String": " "}, "content": "▁"})
SPM_DECODER = sequence("decoders", {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                       {"type": "ByteFallback"}, {"type": "Fuse"},
                       {"type": "Strip", "content": " ", "start": 1, "stop": 0})
SPM_TOKENS = added([(0, "<unk>", {}), (1, "<s>", {}), (2, "</s>", {})])
FLAGS = added([(340, "<s>", {}), (341, "<mask>", {"lstrip": True}), (342, "<user>", {"rstrip": True}),
               (343, "</s>", {"rstrip": True, "special": False}), (344, "key", {"single_word": True, "special": False}),
               (345, "keyword", {"special": False}), (346, "house", {"normalized": True, "special": False})])
BYTES = {"model": "bytes", "decoder": byte_level()}


def cases():
    yield "gpt2", BYTES | {"pre_tokenizer": byte_level()}
    yield "prefix_space", BYTES | {"pre_tokenizer": byte_level(prefix=True), "post_processor": byte_level()}
    yield "llama3", BYTES | {"options": {"ignore_merges": True},
                             "pre_tokenizer": sequence("pretokenizers", split(LLAMA3), byte_level(regex=False))}
    yield "qwen", BYTES | {"normalizer": {"type": "NFC"}, "added_tokens": FLAGS,
                           "pre_tokenizer": sequence("pretokenizers", split(LLAMA3), byte_level(regex=False))}
    yield "smollm", BYTES | {"pre_tokenizer": sequence("pretokenizers", {"type": "Digits", "individual_digits": True},
                                                       byte_level())}
    for form in ["NFD", "NFKC", "NFKD"]:
        yield form, BYTES | {"normalizer": {"type": form}, "pre_tokenizer": byte_level()}
    yield "strip_accents", BYTES | {"pre_tokenizer": byte_level(), "added_tokens": FLAGS, "normalizer": sequence(
        "normalizers", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
        {"type": "Strip", "strip_left": True, "strip_right": True})}
    yield "strip_right", BYTES | {"pre_tokenizer": byte_level(),
                                  "normalizer": {"type": "Strip", "strip_left": False, "strip_right": True}}
    yield "replace_regex", BYTES | {"pre_tokenizer": byte_level(), "normalizer": {
        "type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}}
    yield "byte_normalizer", {"model": "bytes", "decoder": byte_level(), "normalizer": {"type": "ByteLevel"}}
    for behavior in ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in [False, True]:
            yield f"split_{behavior}_{invert}", BYTES | {"pre_tokenizer": sequence(
                "pretokenizers", split({"Regex": r"\d|\s"}, behavior, invert), byte_level(regex=False))}
        yield f"split_text_{behavior}", BYTES | {"pre_tokenizer": sequence(
            "pretokenizers", split({"String": "e"}, behavior), byte_level(regex=False))}
        yield f"punctuation_{behavior}", BYTES | {"pre_tokenizer": sequence(
            "pretokenizers", {"type": "Punctuation", "behavior": behavior}, byte_level(regex=False))}
    yield "whitespace", BYTES | {"pre_tokenizer": sequence("pretokenizers", {"type": "Whitespace"}, byte_level())}
    yield "whitespace_split", BYTES | {"pre_tokenizer": sequence(
        "pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": False},
        byte_level(prefix=True))}
    yield "bytes_then_split", BYTES | {"pre_tokenizer": sequence(
        "pretokenizers", byte_level(), split({"String": "Ġ"}, "MergedWithNext"))}
    spm = {"decoder": SPM_DECODER, "added_tokens": SPM_TOKENS}
    yield "llama2", spm | {"model": "pieces", "normalizer": SPM_NORMALIZER, "post_processor": template(["<s>"], [])}
    yield "no_bytes", spm | {"model": "unknowns", "normalizer": SPM_NORMALIZER}
    yield "no_fuse", spm | {"model": "unknowns", "options": {"fuse_unk": False}, "normalizer": SPM_NORMALIZER}
    for scheme in ["always", "first", "never"]:
        for cut in [True, False]:
            yield f"metaspace_{scheme}_{cut}", spm | {
                "model": "pieces", "pre_tokenizer": metaspace(scheme, cut), "post_processor": template(["<s>"], ["</s>"]),
                "decoder": metaspace(scheme, cut)}
    yield "gemma", spm | {"model": "pieces", "normalizer": {
        "type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": split({"String": " "}, "MergedWithPrevious")}
    yield "roberta", BYTES | {"added_tokens": FLAGS, "pre_tokenizer": byte_level(), "post_processor": {
        "type": "RobertaProcessing", "sep": ["</s>", 343], "cls": ["<s>", 340], "trim_offsets": True,
        "add_prefix_space": False}}
    yield "bert_sequence", BYTES | {"added_tokens": FLAGS, "pre_tokenizer": byte_level(), "post_processor": sequence(
        "processors", byte_level(), {"type": "BertProcessing", "sep": ["</s>", 343], "cls": ["<s>", 340]})}
    yield "no_decoder", {"model": "bytes", "pre_tokenizer": byte_level()}


def main():
    bases = {"bytes": byte_level_model(), "pieces": piece_model(True, fuse_unk=True),
             "unknowns": piece_model(False, fuse_unk=True)}
    golden = {"models": bases, "texts": TEXTS, "cases": []}
    for name, case in cases():
        root = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                "pre_tokenizer": None, "post_processor": None, "decoder": None}
        root |= {k: v for k, v in case.items() if k not in ("model", "options")}
        root["model"] = bases[case["model"]] | case.get("options", {})
        tokenizer = Tokenizer.from_str(json.dumps(root))
        encoded = [tokenizer.encode(t).ids for t in TEXTS]
        decoded = [tokenizer.decode(ids) for ids in encoded]
        tokenizer.encode_special_tokens = True
        as_text = [tokenizer.encode(t, add_special_tokens=False).ids for t in TEXTS]
        golden["cases"].append({"name": name} | case | {
            "ids": encoded, "decoded": decoded,
            # Only what differs from the ids without special tokens is worth keeping.
            "as_text": as_text if any(t["special"] for t in root["added_tokens"]) else None})
    with open(os.path.join(HERE, "golden.json"), "w", encoding="utf-8") as file:
        json.dump(golden, file, ensure_ascii=True, separators=(",", ":"))
        file.write("\n")

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = Tokenizer.from_str(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": sequence("pretokenizers", split(LLAMA3), byte_level(regex=False)), "post_processor": None,
        "decoder": None, "model": bases["bytes"]})).pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=420, min_frequency=2, special_tokens=["<pad>", "<s>", "</s>"],
                                  initial_alphabet=sorted(ByteLevel.alphabet()), show_progress=False)
    repeats = "aaaa aaaaa aaaaaaa abababab bababa " * 4
    tokenizer.train_from_iterator([STORY, repeats], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    with open(os.path.join(HERE, "trainer_golden.json"), "w", encoding="utf-8") as file:
        json.dump({"texts": [STORY, repeats], "vocab": model["vocab"], "merges": model["merges"]}, file,
                  ensure_ascii=True, separators=(",", ":"))
        file.write("\n")


main()
