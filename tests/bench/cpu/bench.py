#!/usr/bin/env python3
"""Trains the same LoRA on the same tokens with this engine and with PyTorch + transformers + PEFT; prints a table.

    bench.py --bench-train build/bench/bin/bench_train --python PYTHON --out results/NAME.json [options]

The weights are random (seeded), the adapters of both sides start from one PEFT folder, the contenders are interleaved
round after round, and every figure is a median over the timed steps of all rounds. A speed counts only when the losses
agree (relative difference below 1e-4 in float32, 1e-2 in bfloat16, at every step).
PYTHON is an interpreter that has torch, transformers and peft.
"""
import argparse
import array
import json
import math
import os
import pathlib
import platform
import random
import statistics
import subprocess
import sys
import tempfile

MODELS = {
    "15M": dict(hidden_size=288, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=6,
                intermediate_size=768),
    "110M": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, num_key_value_heads=12,
                 intermediate_size=2048),
}
VOCAB = 32000
RANK = 16
LOSS_TOLERANCE = {"f32": 1e-4, "bf16": 1e-2}

# argv: shape, folder, dtype, where to draw the random weights.
PREPARE = r"""
import json, sys, torch
from transformers import LlamaConfig, LlamaForCausalLM
from peft import LoraConfig, get_peft_model
shape, folder, dtype, device = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
torch.manual_seed(0)
config = LlamaConfig(vocab_size=%d, **{"max_position_embeddings": 2048, "tie_word_embeddings": True, **shape})
with torch.device(device):
    model = LlamaForCausalLM(config).to(torch.bfloat16 if dtype == "bf16" else torch.float32)
model.save_pretrained(folder + "/base")
peft = get_peft_model(model, LoraConfig(r=%d, lora_alpha=32, lora_dropout=0.0, task_type="CAUSAL_LM",
    target_modules=["q_proj","k_proj","v_proj","o_proj","gate_proj","up_proj","down_proj"]))
peft.save_pretrained(folder + "/adapter")
""" % (VOCAB, RANK)


def useful_flops_per_token(shape, seq_len):
    """4 P + causal attention + 6 P_adapter: forward and input gradient of frozen weights, no weight gradient."""
    h, layers, inner = shape["hidden_size"], shape["num_hidden_layers"], shape["intermediate_size"]
    kv = h * shape["num_key_value_heads"] // shape["num_attention_heads"]
    linear = layers * (2 * h * h + 2 * h * kv + 3 * h * inner) + VOCAB * h
    adapter = layers * RANK * (2 * 2 * h + 2 * (h + kv) + 3 * (h + inner))
    return 4 * linear + 6 * adapter + layers * 7 * seq_len * h


class Failed(Exception):
    """A program that gave no figures: why, in a few words, and the end of what it wrote."""

    def __init__(self, reason, stderr):
        super().__init__(reason)
        self.stderr = stderr[-4000:]


def contender_command(args, name, folder, tokens, dtype, steps, rows, seq_len, device):
    """`device` is a number of CPU threads, or "cuda". A name that ends in -ckpt keeps each block's input only."""
    checkpointing = ["checkpointing"] if name.endswith("-ckpt") else []
    name = name.removesuffix("-ckpt")
    if name == "lowrank-nf4":
        dtype += "+nf4"
    tail = [folder + "/base", tokens, folder + "/adapter", dtype, device, str(steps), str(rows), str(seq_len)]
    if name.startswith("lowrank"):
        return [args.bench_train] + tail + checkpointing
    script = str(pathlib.Path(__file__).parent / "peft_train.py")
    return [args.python, script] + tail + [name.removeprefix("peft-")] + checkpointing


def why(code, stderr):
    lower = stderr.lower()
    if "out of memory" in lower or "outofmemory" in lower or code == 137 or code == -9:
        return "out of memory"
    last = [line for line in stderr.splitlines() if line.strip()]
    return f"exit code {code}" + (f", {last[-1].strip()[:120]}" if last else "")


def output_of(command, limit=None, env=None):
    """What a program prints. Throws Failed when it fails or takes longer than `limit` seconds."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=limit)
    except OSError as error:
        raise Failed(str(error), "") from None
    except subprocess.TimeoutExpired as late:
        raise Failed(f"took longer than {limit} s", (late.stderr or b"").decode(errors="replace")) from None
    if done.returncode != 0:
        raise Failed(why(done.returncode, done.stderr), done.stderr)
    return done.stdout


def run(command, device, limit=None):
    env = dict(os.environ, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    if device != "cuda":
        env["OMP_NUM_THREADS"] = device
        command = ["taskset", "-c", ",".join(str(c) for c in range(int(device)))] + command
    try:
        return [json.loads(line) for line in output_of(command, limit, env).splitlines() if line.startswith("{")]
    except ValueError as error:  # the engine prints nan as C does
        raise Failed(f"printed what is no JSON: {error}", "") from None


def peer_versions(python):
    versions = "import torch,transformers,peft;print(torch.__version__,transformers.__version__,peft.__version__)"
    try:
        return output_of([python, "-c", versions]).strip()
    except Failed as error:
        return f"none: {error}"


def prepare(args, shape, dtype, folder, device="cpu"):
    """A random base model and a PEFT adapter for it, in folder/base and folder/adapter. Throws Failed."""
    output_of([args.python, "-c", PREPARE, json.dumps(shape), folder, dtype, device], args.limit)


def peer_of(name, runs):
    """Whose losses `name` is held to: the first that ran of those that compute the same. Recomputing changes none."""
    if "-nf4" in name:  # a quantised base has losses of its own
        peers = ["peft-nf4", "peft-nf4-ckpt"]
    else:
        peers = ["peft-default", "peft-same", "peft-default-ckpt", "peft-same-ckpt", "peft-compile"]
    return next((peer for peer in peers if runs.get(peer)), None)


def greatest_difference(what, steps, reference):
    """Relative, of any step; what is no number agrees with nothing."""
    pairs = [(a[what], b[what]) for a, b in zip(steps, reference)]
    return max(abs(a - b) / abs(b) if math.isfinite(a - b) else math.inf for a, b in pairs)


def summary(args, shape, dtype, rows, seq_len, runs, failed):
    """One entry for each contender that ran so far."""
    row = {}
    for name, rounds in runs.items():
        if name in failed:
            row[name] = {"failed": str(failed[name]), "stderr": failed[name].stderr}
            continue
        if not rounds:
            continue
        peer = peer_of(name, {other: r for other, r in runs.items() if other not in failed})
        times = sorted(s["seconds"] for r in rounds for s in r[args.warm_up:])
        losses = [s["loss"] for s in rounds[0]]
        difference = norm_difference = None
        if peer is not None:
            difference = greatest_difference("loss", rounds[0], runs[peer][0])
            norm_difference = greatest_difference("grad_norm", rounds[0], runs[peer][0])
        median = statistics.median(times)
        row[name] = {
            "tokens_per_second": rows * seq_len / median,
            "p10": rows * seq_len / times[int(0.9 * (len(times) - 1))],
            "p90": rows * seq_len / times[int(0.1 * (len(times) - 1))],
            "useful_gflops": rows * seq_len / median * useful_flops_per_token(shape, seq_len) / 1e9,
            "peak_mib": statistics.median(r[-1]["peak_bytes"] for r in rounds) / 2**20,
            "time_to_first_step": statistics.median(r[0]["since_start"] for r in rounds),
            "peer": peer,
            "max_loss_difference": difference,
            "max_norm_difference": norm_difference,
            "losses_agree": None if difference is None or peer == name else difference <= LOSS_TOLERANCE[dtype],
            "repeats": len(rounds) < 2 or all([s["loss"] for s in r] == losses for r in rounds),
            "losses": losses,
        }
    return row


def measure(args, shape, dtype, folder, rows, seq_len, device, contenders, report=None):
    """The row of all contenders. After each run, report(name, row so far)."""
    steps = args.warm_up + args.steps
    tokens = folder + "/tokens.bin"
    source = random.Random(1)
    with open(tokens, "wb") as file:
        array.array("i", (source.randrange(VOCAB) for _ in range(steps * rows * seq_len))).tofile(file)
    runs = {name: [] for name in contenders}
    failed = {}
    row = {}
    for _ in range(args.rounds):
        for name in contenders:
            if name in failed:
                continue
            try:
                steps_of = run(contender_command(args, name, folder, tokens, dtype, steps, rows, seq_len, device),
                               device, args.limit)
                if len(steps_of) != steps:
                    raise Failed(f"{len(steps_of)} of {steps} steps", "")
                runs[name].append(steps_of)
            except Failed as error:
                failed[name] = error
            row = summary(args, shape, dtype, rows, seq_len, runs, failed)
            if report:
                report(name, row)
    return row


def ratios(row, entry):
    """How this engine compares: tokens/s and memory over those of `entry`; "-" where it did not run."""
    ours = row.get("lowrank", {"failed": ""})
    if "failed" in ours:
        return "-"
    return (f"ours/this {ours['tokens_per_second'] / entry['tokens_per_second']:.2f}x speed "
            f"{ours['peak_mib'] / entry['peak_mib']:.2f}x memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench-train", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--out", required=True)
    parser.add_argument("--models", default="15M,110M")
    parser.add_argument("--dtypes", default="f32,bf16")
    parser.add_argument("--shapes", default="2x256,8x256", help="rows x sequence length of a step, comma separated")
    parser.add_argument("--threads", default="2", help="comma separated")
    parser.add_argument("--contenders", default="lowrank,peft-default,peft-same,peft-compile")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--limit", type=int, help="seconds for one contender")
    args = parser.parse_args()

    result = {"machine": platform.processor() or platform.machine(), "system": platform.platform(),
              "steps": args.steps, "rounds": args.rounds, "rows": []}
    with open("/proc/cpuinfo") as info:
        result["machine"] = next(l.split(":", 1)[1].strip() for l in info if l.startswith("model name"))
    result["peer"] = peer_versions(args.python)
    for model in args.models.split(","):
        for dtype in args.dtypes.split(","):
            for shape in args.shapes.split(","):
                for threads in args.threads.split(","):
                    rows, seq_len = map(int, shape.split("x"))
                    with tempfile.TemporaryDirectory() as folder:
                        prepare(args, MODELS[model], dtype, folder)
                        row = measure(args, MODELS[model], dtype, folder, rows, seq_len, threads,
                                      args.contenders.split(","))
                    result["rows"].append({"model": model, "dtype": dtype, "rows": rows, "seq_len": seq_len,
                                           "threads": int(threads), "contenders": row})
                    for name, entry in row.items():
                        head = f"{model:5} {dtype:5} {shape:7} {threads}t {name:14}"
                        if "failed" in entry:
                            print(f"{head} failed: {entry['failed']}\n{entry['stderr']}", flush=True)
                            continue
                        print(f"{head} {entry['tokens_per_second']:9.0f} tok/s "
                              f"{entry['useful_gflops']:7.1f} GF/s  {entry['peak_mib']:7.0f} MiB  first step "
                              f"{entry['time_to_first_step']:6.2f} s  loss diff {entry['max_loss_difference']}  "
                              f"{ratios(row, entry)}", flush=True)
    out = pathlib.Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
