#!/usr/bin/env python3
"""Trains the sample as a user would and holds the runs to each other: what only a GPU can show.

    check_sample.py --lowrank bin/lowrank --sample sample --out FOLDER [--device cuda:0] [--steps 20]

On the device and on the CPU in float32, in bfloat16 and in bfloat16 on an NF4 base. Held: the same run twice and a run that
goes on from its first checkpoint give the same adapter to the last bit; the losses are the CPU's; the memory estimate is
the measured peak to 5 %. Needs Python's standard library only. One line a check; figures in FOLDER/sample.json. Exit code
0 when everything held.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import time

# Float32 differs in the order of sums; the recorded curves are held to the same.
F32_BOUND = 1e-3
# Two bfloat16 runs that round in other places are each as far from float32 as the CPU's is, so as far from each other as
# twice that; where the CPU's happens to be near or far, one rounding of bfloat16 (2^-8) or four are the bound.
BF16_FACTOR = 2.0
BF16_LEAST = 2.0 ** -8
BF16_MOST = 2.0 ** -6
MEMORY_BOUND = 0.05


class Check:
    def __init__(self, args):
        self.args = args
        self.out = pathlib.Path(args.out)
        self.failures = 0
        self.figures = {"device": args.device, "steps": args.steps, "seq_len": args.seq_len}

    def held(self, good, text):
        self.failures += not good
        print(f"{'passed' if good else 'FAILED'}  {text}", flush=True)

    def program(self, name, words):
        """Runs lowrank; false and the end of its output when it fails."""
        began = time.monotonic()
        log = self.out / f"{name}.log"
        with open(log, "w") as file:
            try:
                code = subprocess.run([self.args.lowrank, *words, "--progress", "json"], stdout=file,
                                      stderr=subprocess.STDOUT, timeout=self.args.limit).returncode
            except (OSError, subprocess.TimeoutExpired) as error:
                code = error
        if code != 0:
            tail = log.read_text(errors="replace").splitlines()[-8:]
            self.held(False, f"{name}: {code}\n" + "\n".join(f"    {line[:300]}" for line in tail))
            return False
        print(f"        {name}: {time.monotonic() - began:.1f} s", flush=True)
        return True

    def train(self, name, device, dtype, quant="none"):
        sample = pathlib.Path(self.args.sample)
        run = self.out / name
        shutil.rmtree(run, ignore_errors=True)
        done = self.program(name, [
            "train", "--base", str(sample / "model"), "--data", str(sample / "data/facts.jsonl"), "--out", str(run),
            "--device", device, "--dtype", dtype, "--base-quant", quant, "--max-steps", str(self.args.steps),
            "--seq-len", str(self.args.seq_len), "--micro-batch-size", str(self.args.rows), "--grad-accum-steps", "2",
            "--learning-rate", "2e-3", "--seed", "1", "--save-every", str(self.args.steps // 2), "--save-minutes", "0",
            "--sample-tokens", "8"])
        return run if done else None

    def resume(self, whole):
        """The same run as if it had been killed after its first checkpoint."""
        run = self.out / "resumed"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(whole, run)
        shutil.rmtree(run / "adapter")
        shutil.rmtree(run / "checkpoints" / f"step-{self.args.steps}")
        (run / "outcome.json").unlink()
        if not self.program("resumed", ["resume", str(run)]):
            return None
        starts = [line["start_step"] for line in events(self.out / "resumed.log", "started")]
        self.held(starts == [self.args.steps // 2], f"resumed half-way: from step {starts}")
        return run

    def same_adapter(self, first, second, what):
        if first and second:
            name = "adapter/adapter_model.safetensors"
            same = (first / name).read_bytes() == (second / name).read_bytes() and losses(first) == losses(second)
            self.figures[what] = same
            self.held(same, f"{what}: the same bits")

    def losses_near(self, got, wanted, bound, what):
        if got and wanted:
            difference = greatest_difference(losses(got), losses(wanted), self.args.steps)
            self.figures[what] = {"difference": difference if math.isfinite(difference) else None, "bound": bound}
            self.held(difference <= bound, f"{what}: losses differ by at most {difference:.2e}, allowed {bound:.2e}")

    def memory(self, run):
        if not run:
            return
        facts = read(run / "run.json")["facts"]
        peak = read(run / "outcome.json")["peak_memory"]
        # Without what is measured and not estimated (the matrix products' own), most of so small a run.
        own = peak - facts["memory_terms"]["baseline"]
        estimate = facts["estimated_memory"]
        self.figures[f"{run.name}: memory"] = {"estimate": estimate, "peak": peak, "terms": facts["memory_terms"]}
        self.held(0 < own and abs(estimate - peak) <= MEMORY_BOUND * own,
                  f"{run.name}: estimate {estimate / 2**20:.2f} MiB, peak {peak / 2**20:.2f} MiB, "
                  f"{abs(estimate - peak) / max(own, 1):.1%} of the {own / 2**20:.2f} MiB that are estimated")


def read(path):
    return json.loads(path.read_text())


def events(path, name):
    lines = (json.loads(line) for line in path.read_text().splitlines() if line.startswith("{"))
    return [line for line in lines if line["event"] == name]


def losses(run):
    return [event["loss"] for event in events(run / "metrics.jsonl", "step")]


def greatest_difference(got, wanted, steps):
    """Relative; infinite where a step or a loss is missing."""
    if len(got) != steps or len(wanted) != steps or None in got or None in wanted:
        return math.inf
    return max(abs(a - b) / abs(b) for a, b in zip(got, wanted))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lowrank", required=True)
    parser.add_argument("--sample", required=True, help="folder with model/ and data/facts.jsonl")
    parser.add_argument("--out", required=True)
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seq-len", type=int, default=128)
    parser.add_argument("--rows", type=int, default=8, help="of a micro-batch; two of them are a step")
    parser.add_argument("--limit", type=int, default=120, help="seconds for one run")
    args = parser.parse_args()
    check = Check(args)
    check.out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("XDG_CACHE_HOME", str(check.out.resolve() / "cache"))  # nothing of earlier runs is known

    gpu = check.train("gpu-bf16", args.device, "bf16")
    check.same_adapter(gpu, check.train("gpu-bf16-again", args.device, "bf16"), "the run twice")
    check.same_adapter(gpu, gpu and check.resume(gpu), "resumed half-way")
    check.memory(gpu)
    gpu_f32, cpu_f32 = check.train("gpu-f32", args.device, "f32"), check.train("cpu-f32", "cpu", "f32")
    check.losses_near(gpu_f32, cpu_f32, F32_BOUND, "float32 against the CPU")
    check.memory(gpu_f32)
    cpu = check.train("cpu-bf16", "cpu", "bf16")
    bound = BF16_LEAST
    if cpu and cpu_f32:
        rounding = greatest_difference(losses(cpu), losses(cpu_f32), args.steps)
        if math.isfinite(rounding):
            bound = min(max(bound, BF16_FACTOR * rounding), BF16_MOST)
    check.losses_near(gpu, cpu, bound, "bfloat16 against the CPU")
    gpu_nf4, cpu_nf4 = check.train("gpu-nf4", args.device, "bf16", "nf4"), check.train("cpu-nf4", "cpu", "bf16", "nf4")
    check.losses_near(gpu_nf4, cpu_nf4, bound, "NF4 against the CPU")
    check.memory(gpu_nf4)

    check.figures["losses"] = {run.name: losses(run) for run in (gpu, gpu_f32, cpu, cpu_f32, gpu_nf4, cpu_nf4) if run}
    (check.out / "sample.json").write_text(json.dumps(check.figures, indent=1) + "\n")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
