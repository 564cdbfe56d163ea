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


def contender_command(args, name, folder, tokens, dtype, steps, rows, seq_len, device):
    """`device` is a number of CPU threads, or "cuda"."""
    if name == "lowrank-nf4":
        dtype += "+nf4"
    tail = [folder + "/base", tokens, folder + "/adapter", dtype, device, str(steps), str(rows), str(seq_len)]
    if name.startswith("lowrank"):
        return [args.bench_train] + tail
    script = str(pathlib.Path(__file__).parent / "peft_train.py")
    return [args.python, script] + tail + [name.removeprefix("peft-")]


def run(command, device):
    env = dict(os.environ, HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    if device != "cuda":
        env["OMP_NUM_THREADS"] = device
        command = ["taskset", "-c", ",".join(str(c) for c in range(int(device)))] + command
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def prepare(args, shape, dtype, folder, device="cpu"):
    """A random base model and a PEFT adapter for it, in folder/base and folder/adapter."""
    subprocess.run([args.python, "-c", PREPARE, json.dumps(shape), folder, dtype, device], check=True,
                   capture_output=True)


def measure(args, shape, dtype, folder, rows, seq_len, device, contenders):
    steps = args.warm_up + args.steps
    tokens = folder + "/tokens.bin"
    source = random.Random(1)
    with open(tokens, "wb") as file:
        array.array("i", (source.randrange(VOCAB) for _ in range(steps * rows * seq_len))).tofile(file)
    runs = {name: [] for name in contenders}
    for _ in range(args.rounds):
        for name in contenders:
            runs[name].append(run(contender_command(args, name, folder, tokens, dtype, steps, rows, seq_len, device),
                                  device))
    row = {}
    for name, rounds in runs.items():
        # A quantised base has losses of its own.
        peer = "peft-nf4" if name.endswith("-nf4") else "peft-default"
        reference = [s["loss"] for s in runs[peer][0]] if peer in runs else None
        times = sorted(s["seconds"] for r in rounds for s in r[args.warm_up:])
        losses = [s["loss"] for s in rounds[0]]
        difference = max(abs(a - b) / abs(b) for a, b in zip(losses, reference)) if reference else None
        median = statistics.median(times)
        row[name] = {
            "tokens_per_second": rows * seq_len / median,
            "p10": rows * seq_len / times[int(0.9 * (len(times) - 1))],
            "p90": rows * seq_len / times[int(0.1 * (len(times) - 1))],
            "useful_gflops": rows * seq_len / median * useful_flops_per_token(shape, seq_len) / 1e9,
            "peak_mib": statistics.median(r[-1]["peak_bytes"] for r in rounds) / 2**20,
            "time_to_first_step": statistics.median(r[0]["since_start"] for r in rounds),
            "max_loss_difference": difference,
            "losses_agree": None if difference is None else difference <= LOSS_TOLERANCE[dtype],
            "losses": losses,
        }
    return row


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
    args = parser.parse_args()

    result = {"machine": platform.processor() or platform.machine(), "system": platform.platform(),
              "steps": args.steps, "rounds": args.rounds, "rows": []}
    with open("/proc/cpuinfo") as info:
        result["machine"] = next(l.split(":", 1)[1].strip() for l in info if l.startswith("model name"))
    versions = "import torch,transformers,peft;print(torch.__version__,transformers.__version__,peft.__version__)"
    result["peer"] = subprocess.run([args.python, "-c", versions], capture_output=True, text=True).stdout.strip()
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
                    ours = row.get("lowrank")
                    for name, entry in row.items():
                        ratio = ours["tokens_per_second"] / entry["tokens_per_second"] if ours else 0
                        memory = ours["peak_mib"] / entry["peak_mib"] if ours else 0
                        print(f"{model:5} {dtype:5} {shape:7} {threads}t {name:14} {entry['tokens_per_second']:9.0f} tok/s "
                              f"{entry['useful_gflops']:7.1f} GF/s  {entry['peak_mib']:7.0f} MiB  first step "
                              f"{entry['time_to_first_step']:6.2f} s  loss diff {entry['max_loss_difference']}  "
                              f"ours/this {ratio:.2f}x speed {memory:.2f}x memory", flush=True)
    out = pathlib.Path(args.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
