#!/usr/bin/env python3
"""Trains the same LoRA on the same tokens on one GPU with this engine and with PyTorch + transformers + PEFT.

    bench_gpu.py --programs bin --out results.json [--models 1.1B,7B] [--lengths 512,2048,8192]

Random Llama-shaped models in bfloat16, rank 16 on all seven projections, 16384 tokens a step in rows of each length; PEFT
as it comes (float32 adapters), with bfloat16 adapters, and with those under torch.compile, all with SDPA attention; both on
a base in NF4 too, PEFT's by bitsandbytes where that is installed; and LoRA-GA's start from 128 samples of 512 tokens. Shares
are of the bfloat16 matrix peak measured first in the same run. A speed counts only when the losses agree at every step.
The interpreter that runs this needs torch, transformers and peft, or --python names one that has them.
"""
import argparse
import array
import json
import pathlib
import random
import subprocess
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


AGREE = {True: "agree", False: "DIFFER", None: "not compared"}
LORA_GA_SAMPLES = (128, 512)  # samples, tokens of each


def has_bitsandbytes(python):
    return subprocess.run([python, "-c", "import bitsandbytes"], capture_output=True).returncode == 0


def lora_ga(args, folder):
    """Of the model in `folder`; random tokens."""
    samples, seq_len = LORA_GA_SAMPLES if args.device == "cuda" else (4, 64)
    source = random.Random(2)
    tokens = folder + "/lora_ga_tokens.bin"
    with open(tokens, "wb") as file:
        array.array("i", (source.randrange(bench.VOCAB) for _ in range(samples * seq_len))).tofile(file)
    program = str(pathlib.Path(args.programs) / "bench_lora_ga")
    return bench.run([program, folder + "/base", tokens, "bf16", args.device, str(samples), str(seq_len)],
                     args.device)[0]


def write(args, result):
    pathlib.Path(args.out).write_text(json.dumps(result, indent=1) + "\n")


def print_losses(row):
    names = list(row)
    print("  step  " + "  ".join(f"{name:>14}" for name in names))
    for step, losses in enumerate(zip(*(row[name]["losses"] for name in names)), start=1):
        print(f"  {step:4}  " + "  ".join(f"{loss:14.6f}" for loss in losses))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="folder of bench_train and bench_lora_ga")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--out", required=True)
    parser.add_argument("--models", default="1.1B,7B")
    parser.add_argument("--lengths", default="512,2048,8192")
    parser.add_argument("--tokens", type=int, default=16384, help="a step")
    parser.add_argument("--contenders", default="lowrank,peft-default,peft-same,peft-compile,lowrank-nf4,peft-nf4",
                        help="peft-nf4 is left out where bitsandbytes is missing")
    parser.add_argument("--steps", type=int, default=17)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--device", default="cuda", help="cuda, or a number of CPU threads to try the script")
    args = parser.parse_args()
    args.bench_train = str(pathlib.Path(args.programs) / "bench_train")
    contenders = args.contenders.split(",")
    if "peft-nf4" in contenders and not has_bitsandbytes(args.python):
        contenders.remove("peft-nf4")
        print("bitsandbytes is not installed: lowrank-nf4 has no peer, its losses are not checked")

    result = {"rows": [], "lora_ga": {}}
    peak_tflops = None
    if args.device == "cuda":
        peak, name = subprocess.run([args.python, "-c", PEAK], check=True, capture_output=True,
                                    text=True).stdout.splitlines()
        peak_tflops = float(peak)
        result |= {"gpu": name, "peak_tflops": peak_tflops}
        print(f"{name}: {peak_tflops:.0f} TFLOP/s measured on 8192 x 8192 x 8192 bfloat16", flush=True)
    for model in args.models.split(","):
        with tempfile.TemporaryDirectory() as folder:
            bench.prepare(args, MODELS[model], "bf16", folder, "cuda" if args.device == "cuda" else "cpu")
            for seq_len in map(int, args.lengths.split(",")):
                row = bench.measure(args, MODELS[model], "bf16", folder, args.tokens // seq_len, seq_len, args.device,
                                    contenders)
                result["rows"].append({"model": model, "seq_len": seq_len, "tokens": args.tokens, "contenders": row})
                ours = row.get("lowrank")
                for name, entry in row.items():
                    share = f"{entry['useful_gflops'] / peak_tflops / 10:5.1f} %" if peak_tflops else "    -"
                    ratio = ours["tokens_per_second"] / entry["tokens_per_second"] if ours else 0
                    memory = ours["peak_mib"] / entry["peak_mib"] if ours else 0
                    print(f"{model:5} {seq_len:5} {name:14} {entry['tokens_per_second']:9.0f} tok/s {share} of peak  "
                          f"{entry['peak_mib']:7.0f} MiB  first step {entry['time_to_first_step']:6.2f} s  "
                          f"losses {AGREE[entry['losses_agree']]} ({entry['max_loss_difference']})  "
                          f"ours/this {ratio:.2f}x speed {memory:.2f}x memory", flush=True)
                print_losses(row)
                write(args, result)
            result["lora_ga"][model] = lora_ga(args, folder)
            print(f"{model:5} LoRA-GA's start: {result['lora_ga'][model]['seconds']:.2f} s", flush=True)
            write(args, result)


if __name__ == "__main__":
    main()
