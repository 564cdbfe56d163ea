"""Loads what this project exports with the real PEFT and transformers and compares logits.

Usage: python check_export.py build/dev/bin/export_for_peft [base folder]

Adapters (LoRA and LoRA-GA, with and without rsLoRA, with rank and alpha patterns) go through PEFT on the original base;
merged folders (f32, bf16 in shards, f16) through transformers. Both must give this project's logits.
"""
import pathlib
import subprocess
import sys
import tempfile

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

TOLERANCE = 1e-4  # of float32 logits, as a share of the largest


def compare(name, found, wanted):
    difference = (found - wanted).abs().max().item()
    scale = wanted.abs().max().item()
    verdict = "ok" if difference <= TOLERANCE * scale else "WRONG"
    print(f"{verdict:5} {name}: largest difference {difference:.3g}, largest logit {scale:.3g}")
    return verdict == "ok"


def main():
    torch.set_num_threads(2)
    program = sys.argv[1]
    default = pathlib.Path(__file__).resolve().parent / "base"
    base = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    good = True
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        subprocess.run([program, str(base), str(out)], check=True)
        ours = load_file(out / "logits.safetensors")

        def logits(model):
            vocab = ours["base"].shape[1]
            tokens = torch.tensor([[(7 * i + 3) % vocab for i in range(ours["base"].shape[0])]])
            with torch.no_grad():
                return model.eval()(tokens).logits[0].float()

        def load(path):
            return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)

        good &= compare("base", logits(load(base)), ours["base"])
        for name in ["lora", "lora_rslora", "lora_ga", "lora_ga_rslora"]:
            good &= compare(name, logits(PeftModel.from_pretrained(load(base), out / name)), ours[name])
            same_as_base = (ours[name] - ours["base"]).abs().max().item()
            good &= same_as_base > 0.01  # an adapter that does nothing would prove nothing
        for name in ["merged_f32", "merged_bf16", "merged_f16"]:
            good &= compare(name, logits(load(out / name)), ours[name])
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
