#!/usr/bin/env python3
"""Compares how fast LoRA, LoRA+ and LoRA-GA converge: loss at equal steps, three seeds, best learning rate of a grid.

    convergence.py --lowrank build/dev/bin/lowrank --base DIR --data FILE --name NAME --out DIR [options]

Each method gets the same data order, rank, alpha and batch; its learning rate is the one of the grid whose loss at the
last steps, averaged over the seeds, is lowest. Writes NAME.json (every curve) and NAME.png. Needs matplotlib.
"""
import argparse
import itertools
import json
import pathlib
import statistics
import subprocess
import tempfile

TAIL = 10  # steps whose mean is a run's final loss
LOG_FROM = 50  # highest over lowest loss from which the axis is logarithmic


def methods_of(args):
    methods = {"LoRA": ["--init", "lora"]}
    for ratio in args.ratios.split(","):
        methods[f"LoRA+ (ratio {ratio})"] = ["--init", "lora", "--loraplus-ratio", ratio]
    methods["LoRA-GA"] = ["--init", "lora-ga", "--rslora", "--lora-ga-batches", "8", "--lora-ga-gamma", "64"]
    return methods


def losses_of(run_dir):
    lines = (pathlib.Path(run_dir) / "metrics.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    return [e["loss"] for e in events if e.get("event") == "step"]


def train(args, options, learning_rate, seed):
    with tempfile.TemporaryDirectory() as folder:
        run_dir = pathlib.Path(folder) / "run"
        command = [args.lowrank, "train", "--base", args.base, "--data", args.data, "--out", str(run_dir),
                   "--max-steps", str(args.steps), "--learning-rate", str(learning_rate), "--seed", str(seed),
                   "--rank", str(args.rank), "--alpha", str(args.alpha), "--micro-batch-size", str(args.batch),
                   "--grad-accum-steps", "1", "--seq-len", str(args.seq_len), "--schedule", "cosine",
                   "--save-every", "100000", "--progress", "none", "--threads", str(args.threads)]
        command += options
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            # A learning rate that diverges is a result; anything else ends the comparison.
            if "not finite" in done.stderr:
                return None
            raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
        return losses_of(run_dir)


def mean_curve(curves):
    return [statistics.fmean(step) for step in zip(*curves)]


def draw(result, path):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), dpi=120)
    for (method, entry), style in zip(result["methods"].items(), ["-", "--", ":", "-."]):
        curves = entry["curves"]
        smooth = [smoothed(c) for c in curves]
        mean = mean_curve(smooth)
        steps = range(1, len(mean) + 1)
        line, = axes.plot(steps, mean, style, label=f"{method}, learning rate {entry['learning_rate']:g}")
        low = [min(s) for s in zip(*smooth)]
        high = [max(s) for s in zip(*smooth)]
        axes.fill_between(steps, low, high, alpha=0.15, color=line.get_color())
    means = [loss for entry in result["methods"].values() for loss in mean_curve(entry["curves"])]
    if max(means) > LOG_FROM * min(means):
        axes.set_yscale("log")
    axes.set_xlabel("step")
    axes.set_ylabel("training loss (mean of 5 steps)")
    axes.set_title(result["title"])
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)


def smoothed(curve, width=5):
    return [statistics.fmean(curve[max(0, i - width + 1):i + 1]) for i in range(len(curve))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lowrank", required=True)
    parser.add_argument("--base", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--title", default="")
    parser.add_argument("--out", required=True)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--alpha", type=float, default=16)
    parser.add_argument("--ratios", default="16,4", help="of LoRA+, with commas")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--seq-len", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--learning-rates", default="1e-4,3e-4,1e-3,3e-3,1e-2")
    args = parser.parse_args()
    grid = [float(rate) for rate in args.learning_rates.split(",")]

    result = {"title": args.title or args.name, "steps": args.steps, "rank": args.rank, "alpha": args.alpha,
              "batch": args.batch, "seq_len": args.seq_len, "grid": grid, "methods": {}}
    out = pathlib.Path(args.out)
    for method, options in methods_of(args).items():
        finals = {}
        curves = {}
        for rate, seed in itertools.product(grid, range(args.seeds)):
            curve = train(args, options, rate, seed)
            curves.setdefault(rate, []).append(curve)
        for rate in grid:
            if all(curve is not None for curve in curves[rate]):
                finals[rate] = statistics.fmean(statistics.fmean(c[-TAIL:]) for c in curves[rate])
        best = min(finals, key=finals.get)
        result["methods"][method] = {"learning_rate": best, "final_loss": finals[best],
                                     "final_loss_by_rate": {str(r): v for r, v in finals.items()},
                                     "curves": curves[best]}
        print(f"{method:18} best learning rate {best:g}: loss {finals[best]:.4f}  {finals}", flush=True)
    # Steps that each method needs to reach LoRA's final loss.
    target = result["methods"]["LoRA"]["final_loss"]
    for method, entry in result["methods"].items():
        mean = smoothed(mean_curve(entry["curves"]))
        reached = next((i + 1 for i, loss in enumerate(mean) if loss <= target), None)
        entry["steps_to_lora_final"] = reached
        print(f"{method:18} reaches LoRA's final loss {target:.4f} at step {reached}")

    out.mkdir(parents=True, exist_ok=True)
    (out / f"{args.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    draw(result, out / f"{args.name}.png")


if __name__ == "__main__":
    main()
