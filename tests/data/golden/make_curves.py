"""Writes the loss curves of this folder: 50 AdamW steps of PyTorch, transformers and PEFT per family and method.

Usage: python make_curves.py [folder]      (needs torch, transformers, peft, safetensors)

curves.json                    the micro-batches, each method's settings; per family and method the norm that
                               gradients are clipped to (0: none), the first step's norm, the loss of every step
<family>/lora_ga.safetensors   the LoRA-GA start, which the script derives with torch.linalg.svd

Every curve but LoRA-GA's starts from the family's adapter of make_golden.py. A setting that a curve does not
show is refused: with it left out, some loss must differ by ten times the test's tolerance.
"""
import json
import math
import statistics
import sys
from pathlib import Path

import peft
import torch
from peft.optimizers import create_loraplus_optimizer
from safetensors.torch import save_file

import make_golden as golden
from make_golden import ALPHA, RANK, TARGETS, make_batch, num_targets

FAMILIES = ["llama3", "llama_tied", "mistral", "qwen2", "qwen3"]
STEPS = 50
TOLERANCE = 1e-3  # tests::kCurve
GAMMA = 16.0
BATCHES = {
    "single": [make_batch(100 + i, [24], 0.0) for i in range(4)],
    "masked": [make_batch(400 + i, [24], 0.2 + 0.2 * i) for i in range(4)],
    "unequal": [make_batch(200 + i, [24 - 5 * i, 6], 0.2 * i) for i in range(4)],
    "packed": [make_batch(300 + i, [9, 14, 5], 0.4) for i in range(4)],
}


def method(learning_rate, batches="single", init="lora", **settings):
    return dict(batches=batches, init=init, learning_rate=learning_rate, loraplus_ratio=1.0, weight_decay=0.0,
                clip=False, grad_accum_steps=1, use_rslora=False) | settings


LORAPLUS = dict(loraplus_ratio=4.0, weight_decay=0.5, clip=True)
METHODS = {
    "lora": method(5e-3),
    "rslora": method(3e-3, use_rslora=True),
    "loraplus": method(2e-3, **LORAPLUS),
    "loraplus_rslora": method(1e-3, use_rslora=True, **LORAPLUS),
    "lora_ga": method(2e-3, init="lora_ga"),
    "lora_ga_rslora": method(2e-3, init="lora_ga", use_rslora=True),
    "accumulation": method(5e-3, batches="unequal", grad_accum_steps=2, clip=True),
    "masked": method(5e-3, batches="masked"),
    "packed": method(5e-3, batches="packed"),
}


def lora_ga_start(family):
    """A0, B0 by direction ArB2r and scale `stable`, from an exact SVD of the loss's gradient."""
    model = golden.build_model(family, golden.seed_of(family))
    batch = BATCHES["single"][0]
    (golden.loss_sum(model, batch) / num_targets(batch)).backward()
    start = {}
    for key, module in model.named_modules():
        if key.split(".")[-1] in TARGETS:
            g = module.weight.grad
            u, _, vh = torch.linalg.svd(g)
            c = g.shape[0] ** 0.25 / math.sqrt(GAMMA)
            start[key] = (c * vh[:RANK], c * u[:, RANK:2 * RANK])
    return start


def save_start(start, path):
    save_file({f"base_model.model.{key}.lora_{letter}.weight": pair[i].contiguous()
               for key, pair in start.items() for i, letter in enumerate("AB")}, path)


def starting_model(family, settings, start):
    """The golden adapter on its base; or LoRA-GA in the paper's form: W0' = W0 - s B0 A0, then A, B from A0, B0."""
    seed = golden.seed_of(family)
    model = golden.build_model(family, seed)
    if settings["init"] == "lora":
        return golden.add_adapter(model, seed + 3, use_rslora=settings["use_rslora"])
    scaling = ALPHA / (math.sqrt(RANK) if settings["use_rslora"] else RANK)
    for key, (a, b) in start.items():
        model.get_submodule(key).weight.data -= scaling * (b @ a)
    wrapped = golden.add_adapter(model, seed, use_rslora=settings["use_rslora"])
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            a, b = start[key.removeprefix("base_model.model.").split(".lora_")[0]]
            p.data = (a if "lora_A" in key else b).clone()
    return wrapped


def curve(wrapped, settings, batches, steps, max_grad_norm=0.0):
    """Mean loss over the targets of each step's micro-batches, and the gradients' norm, before the step's update."""
    trained = [p for p in wrapped.parameters() if p.requires_grad]
    optimizer = create_loraplus_optimizer(
        wrapped, torch.optim.AdamW, lr=settings["learning_rate"], loraplus_lr_ratio=settings["loraplus_ratio"],
        loraplus_weight_decay=settings["weight_decay"], betas=(0.9, 0.999), eps=1e-8)
    count = settings["grad_accum_steps"]
    losses, norms = [], []
    for step in range(steps):
        micro = [batches[(step * count + j) % len(batches)] for j in range(count)]
        targets = sum(num_targets(b) for b in micro)
        optimizer.zero_grad()
        total = 0.0
        for b in micro:
            loss = golden.loss_sum(wrapped, b) / targets
            loss.backward()
            total += loss.item()
        norms.append(torch.nn.utils.clip_grad_norm_(trained, max_grad_norm or math.inf).item())
        optimizer.step()
        losses.append(total)
    return losses, norms


def run(family, settings, start, max_grad_norm=0.0):
    wrapped = starting_model(family, settings, start)
    return curve(wrapped, settings, BATCHES[settings["batches"]], STEPS, max_grad_norm)


def median_norm(norms):
    """To clip to: under AdamW only a factor that changes from step to step shows."""
    return float(f"{statistics.median(norms):.3g}")


def largest_difference(losses, others):
    return max(abs(a - b) / a for a, b in zip(losses, others))


def refuse(family, name, fact):
    raise SystemExit(f"{family} {name}: {fact}")


def check_shown(family, name, settings, start, losses, max_grad_norm):
    """Refuses a curve that an engine without one of its settings could follow; returns what each changes."""
    if losses[-1] > 0.8 * losses[0]:
        refuse(family, name, "does not learn")
    others = {key: (settings | {key: neutral}, max_grad_norm)
              for key, neutral in [("loraplus_ratio", 1.0), ("weight_decay", 0.0)] if settings[key] != neutral}
    if settings["clip"]:
        others["clip"] = (settings, 0.0)
    shown = {key: largest_difference(losses, run(family, other, start, norm)[0])
             for key, (other, norm) in others.items()}
    for key, difference in shown.items():
        if difference < 10 * TOLERANCE:
            refuse(family, name, f"without {key} no loss differs by more than {difference}")
    return shown


def write_curve(family, name, settings, start):
    losses, norms = run(family, settings, start)
    clip = median_norm(norms) if settings["clip"] else 0.0
    if clip:
        losses, norms = run(family, settings, start, clip)
    shown = check_shown(family, name, settings, start, losses, clip)
    print(family, name, *(round(losses[i], 4) for i in (0, 10, STEPS - 1)), shown,
          f"clipped {sum(norm > clip for norm in norms)}" if clip else "", flush=True)
    return dict(max_grad_norm=clip, first_grad_norm=float(f"{norms[0]:.8g}"),
                losses=[float(f"{loss:.8g}") for loss in losses])


def lines(table, depth):
    """JSON with one line per entry of the tables down to `depth`."""
    if depth == 0:
        return json.dumps(table)
    entries = [f"{json.dumps(key)}: {lines(value, depth - 1)}" for key, value in table.items()]
    return "{\n" + ",\n".join(entries) + "}"


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    curves = {}
    for family in FAMILIES:
        (root / family).mkdir(parents=True, exist_ok=True)
        start = lora_ga_start(family)
        save_start(start, root / family / "lora_ga.safetensors")
        curves[family] = {name: write_curve(family, name, settings, start) for name, settings in METHODS.items()}
    written = dict(versions=golden.versions(), batches=BATCHES, methods=METHODS)
    text = ",\n".join([f'"{key}": {lines(value, 1)}' for key, value in written.items()]
                      + [f'"curves": {lines(curves, 2)}'])
    (root / "curves.json").write_text("{" + text + "}\n")


if __name__ == "__main__":
    main()
