#!/usr/bin/env python3
"""Trains the same LoRA on the same tokens on one GPU with this engine and with PyTorch + transformers + PEFT.

    bench_gpu.py --programs bin --out results.json [--models 1.1B,7B] [--lengths 512,2048,8192]
    bench_gpu.py --programs bin --out small.json --small

Random Llama-shaped models in bfloat16, rank 16 on all seven projections, 16384 tokens a step in rows of each length; PEFT
as it comes (float32 adapters), with bfloat16 adapters, and with those under torch.compile, all with SDPA attention; both on
a base in NF4 too, PEFT's by bitsandbytes where that is installed; and LoRA-GA's start from 128 samples of 512 tokens. A
contender's name with -ckpt at its end recomputes every block. --small is one row of 2048 tokens of 7B on an NF4 base with
recomputation, held to 6.5 GB. Shares are of the bfloat16 matrix peak measured first in the same run. A speed counts only
when the losses agree at every step. A contender that fails or takes too long has that in its line, and the rest go on;
OUT.json and the table in OUT.txt are written after each one. Exit code 0 when every contender of this engine ran and
agreed.
The interpreter that runs this needs torch, transformers and peft, or --python names one that has them.
"""
import argparse
import array
import json
import pathlib
import random
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cpu"))  # a bundle has it beside this file
import bench  # noqa: E402

MODELS = {
    "1.1B": dict(hidden_size=2048, num_hidden_layers=22, num_attention_heads=32, num_key_value_heads=4,
                 intermediate_size=5632, max_position_embeddings=8192, tie_word_embeddings=False),
    "7B": dict(hidden_size=4096, num_hidden_layers=32, num_attention_heads=32, num_key_value_heads=32,
               intermediate_size=11008, max_position_embeddings=8192, tie_word_embeddings=False),
    # Small enough for a first look, and for a trial of this script without a GPU.
    "tiny": dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                 intermediate_size=128, max_position_embeddings=8192, tie_word_embeddings=False),
}

# The best of 20 products of two 8192 x 8192 random bfloat16 matrices, and the name of the GPU.
PEAK = r"""
import torch
a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
b = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
times = []
for _ in range(23):
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record(); a @ b; end.record(); torch.cuda.synchronize()
    times.append(start.elapsed_time(end))
print(2 * 8192**3 / min(times[3:]) / 1e9)
print(torch.cuda.get_device_name(0))
"""

LORA_GA_SAMPLES = (128, 512)  # samples, tokens of each
SMALL = dict(models="7B", lengths="1x2048", contenders="lowrank-nf4-ckpt,peft-nf4-ckpt", no_lora_ga=True, budget=6.5)


def has_bitsandbytes(python):
    try:
        bench.output_of([python, "-c", "import bitsandbytes"])
        return True
    except bench.Failed:
        return False


def lora_ga(args, folder):
    """Of the model in `folder`; random tokens. Throws Failed."""
    samples, seq_len = LORA_GA_SAMPLES if args.device == "cuda" else (4, 64)
    source = random.Random(2)
    tokens = folder + "/lora_ga_tokens.bin"
    with open(tokens, "wb") as file:
        array.array("i", (source.randrange(bench.VOCAB) for _ in range(samples * seq_len))).tofile(file)
    program = str(pathlib.Path(args.programs) / "bench_lora_ga")
    return bench.run([program, folder + "/base", tokens, "bf16", args.device, str(samples), str(seq_len)],
                     args.device, args.limit)[0]


def agreement(name, entry):
    if entry["peer"] == name:
        return "reference"
    if entry["losses_agree"] is None:
        return "not compared"
    word = "agree" if entry["losses_agree"] else "DIFFER"
    return (f"losses {word} with {entry['peer']} ({entry['max_loss_difference']:.1e}, "
            f"gradient norms {entry['max_norm_difference']:.1e})")


def line_of(row, name, peak_tflops, budget):
    """One contender of a row of the result."""
    entry = row["contenders"][name]
    head = f"{row['model']:5} {row['rows']:3}x{row['seq_len']:<5} {name:18}"
    if "failed" in entry:
        return f"{head} failed: {entry['failed']}"
    share = f"{entry['useful_gflops'] / peak_tflops / 10:5.1f} %" if peak_tflops else "    -"
    within = ""
    if budget and name.startswith("lowrank"):
        within = f"  {'WITHIN' if within_budget(entry, budget) else 'ABOVE'} {budget} GB"
    bits = "OTHER BITS IN ANOTHER ROUND  " if not_repeated(name, entry) else ""
    return (f"{head} {entry['tokens_per_second']:9.0f} tok/s {share} of peak  {entry['peak_mib']:7.0f} MiB{within}  "
            f"{bits}first step {entry['time_to_first_step']:6.2f} s  {agreement(name, entry)}  "
            f"{bench.ratios(row['contenders'], entry)}")


def not_repeated(name, entry):
    return name.startswith("lowrank") and not entry["repeats"]


def within_budget(entry, budget):
    return entry["peak_mib"] * 2**20 <= budget * 1e9


def table(result, budget):
    peak = result.get("peak_tflops")
    lines = [f"{result['gpu']}: {peak:.0f} TFLOP/s measured on 8192 x 8192 x 8192 bfloat16"] if peak else []
    for row in result["rows"]:
        if "failed" in row:
            lines.append(f"{row['model']:5} no model: {row['failed']}")
        lines += [line_of(row, name, peak, budget) for name in row["contenders"]]
    for model, entry in result["lora_ga"].items():
        lines.append(f"{model:5} LoRA-GA's start: " +
                     (f"failed: {entry['failed']}" if "failed" in entry else
                      f"{entry['seconds']:.2f} s, {entry['peak_bytes'] / 2**20:.0f} MiB"))
    return "\n".join(lines) + "\n"


def losses_table(contenders):
    ran = {name: entry["losses"] for name, entry in contenders.items() if "failed" not in entry}
    lines = ["  step  " + "  ".join(f"{name:>16}" for name in ran)]
    for step, losses in enumerate(zip(*ran.values()), start=1):
        lines.append(f"  {step:4}  " + "  ".join(f"{loss:16.6f}" for loss in losses))
    return "\n".join(lines)


def write(args, result):
    out = pathlib.Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    for path, text in ((out, json.dumps(result, indent=1) + "\n"),
                       (out.with_suffix(".txt"), table(result, args.budget))):
        part = path.with_name(path.name + ".part")
        part.write_text(text)
        part.replace(path)


def show(failed):
    """`failed` is an entry of the result."""
    if "failed" in failed and failed["failed"] != "out of memory" and failed["stderr"]:
        print(failed["stderr"].rstrip(), file=sys.stderr, flush=True)


def entry_of(error):
    return {"failed": str(error), "stderr": error.stderr}


def shape_of(text, tokens):
    """"2048" is rows of 2048 for `tokens` a step, "1x2048" one row of them."""
    if "x" in text:
        rows, seq_len = map(int, text.split("x"))
        return rows, seq_len
    return max(1, tokens // int(text)), int(text)


def measure_model(args, result, model, contenders):
    with tempfile.TemporaryDirectory() as folder:
        try:
            bench.prepare(args, MODELS[model], "bf16", folder, "cuda" if args.device == "cuda" else "cpu")
        except bench.Failed as error:
            result["rows"].append({"model": model, "contenders": {}} | entry_of(error))
            print(f"{model:5} no model: {error}", flush=True)
            show(result["rows"][-1])
            write(args, result)
            return
        for text in args.lengths.split(","):
            rows, seq_len = shape_of(text, args.tokens)
            row = {"model": model, "rows": rows, "seq_len": seq_len, "contenders": {}}
            result["rows"].append(row)

            def report(name, so_far):
                row["contenders"] = so_far
                print(line_of(row, name, result.get("peak_tflops"), args.budget), flush=True)
                show(so_far[name])
                write(args, result)

            bench.measure(args, MODELS[model], "bf16", folder, rows, seq_len, args.device, contenders, report)
            print(losses_table(row["contenders"]), flush=True)
        if not args.no_lora_ga:
            try:
                result["lora_ga"][model] = lora_ga(args, folder)
            except bench.Failed as error:
                result["lora_ga"][model] = entry_of(error)
            show(result["lora_ga"][model])
            write(args, result)


def all_well(args, result):
    """Whether every contender of this engine ran, agreed where there was a peer, repeated and kept its budget."""
    failed = any("failed" in entry for entry in result["rows"] + list(result["lora_ga"].values()))
    for row in result["rows"]:
        for name, entry in row["contenders"].items():
            if name.startswith("lowrank"):
                failed |= ("failed" in entry or entry["losses_agree"] is False or not_repeated(name, entry)
                           or bool(args.budget) and not within_budget(entry, args.budget))
    return not failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="folder of bench_train and bench_lora_ga")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--out", required=True)
    parser.add_argument("--models", default="1.1B,7B")
    parser.add_argument("--lengths", default="512,2048,8192", help="of rows, or ROWSxLENGTH")
    parser.add_argument("--tokens", type=int, default=16384, help="a step, where the rows are not given")
    parser.add_argument("--contenders", default="lowrank,peft-default,peft-same,peft-compile,lowrank-nf4,peft-nf4",
                        help="peft-nf4 is left out where bitsandbytes is missing")
    parser.add_argument("--small", action="store_true", help="the row of little memory, with its own models and lengths")
    parser.add_argument("--budget", type=float, help="GB that this engine's contenders may take at most")
    parser.add_argument("--no-lora-ga", action="store_true")
    parser.add_argument("--steps", type=int, default=17)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--limit", type=int, default=240, help="seconds for one contender")
    parser.add_argument("--device", default="cuda", help="cuda, or a number of CPU threads to try the script")
    args = parser.parse_args()
    if args.small:
        parser.set_defaults(**SMALL)
        args = parser.parse_args()
    args.bench_train = str(pathlib.Path(args.programs) / "bench_train")
    for model in args.models.split(","):
        if model not in MODELS:
            parser.error(f"no model {model}; there are {', '.join(MODELS)}")
    contenders = args.contenders.split(",")
    if any(name.startswith("peft-nf4") for name in contenders) and not has_bitsandbytes(args.python):
        contenders = [name for name in contenders if not name.startswith("peft-nf4")]
        print("bitsandbytes is not installed: lowrank-nf4 has no peer, its losses are not checked", flush=True)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the model's folder goes
    result = {"tokens": args.tokens, "steps": args.steps, "rounds": args.rounds,
              "peer": bench.peer_versions(args.python), "rows": [], "lora_ga": {}}
    if args.device == "cuda":
        try:
            peak, name = bench.output_of([args.python, "-c", PEAK], args.limit).splitlines()
            result |= {"gpu": name, "peak_tflops": float(peak)}
        except bench.Failed as error:
            print(f"no matrix peak: {error}\n{error.stderr}", file=sys.stderr, flush=True)
    for model in args.models.split(","):
        measure_model(args, result, model, contenders)
    write(args, result)
    print("\n" + table(result, args.budget), end="", flush=True)
    return 0 if all_well(args, result) else 1


if __name__ == "__main__":
    sys.exit(main())
