"""Makes the adapters that the tests read: a tiny llama base, and adapters saved by the real PEFT.

Beside each adapter, golden.safetensors holds the change of every adapted weight (PEFT's own
get_delta_weight) and the logits of base + adapter on fixed tokens.

Usage: python make_golden.py [folder]    (torch, transformers and peft; see versions.txt)
"""
import pathlib
import shutil
import sys

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

TOKENS = [[1, 5, 9, 2, 30, 17, 4, 11]]

ADAPTERS = {
    "plain": dict(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"]),
    "rslora_patterns": dict(
        r=4,
        lora_alpha=6,
        use_rslora=True,
        target_modules="all-linear",
        rank_pattern={"down_proj": 2, r"layers\.1\.self_attn\.[qk]_proj": 3},
        alpha_pattern={r".*\.mlp\..*": 12, "down_proj": 99},
    ),
    "by_layer": dict(r=2, lora_alpha=2, target_modules=["mlp.up_proj", "o_proj"], layers_to_transform=[1]),
    "regex": dict(
        r=3,
        lora_alpha=5,
        target_modules=r".*layers\.(0\.self_attn\.k_proj|1\.mlp\.(gate|down)_proj)",
        exclude_modules=["gate_proj"],
    ),
}


def make_base(folder):
    torch.manual_seed(1)
    config = LlamaConfig(
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=32,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        initializer_range=0.2,
    )
    model = LlamaForCausalLM(config).float().eval()
    model.save_pretrained(folder)
    return model


def make_adapter(base_folder, folder, settings):
    torch.manual_seed(2)
    model = LlamaForCausalLM.from_pretrained(base_folder, dtype=torch.float32).eval()
    model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings)).eval()
    golden = {}
    for name, module in model.named_modules():
        if hasattr(module, "lora_B") and "default" in module.lora_B:
            torch.nn.init.normal_(module.lora_B["default"].weight, std=0.3)
            path = name.removeprefix("base_model.model.")
            golden["delta." + path] = module.get_delta_weight("default").detach().float().contiguous()
    with torch.no_grad():
        golden["logits"] = model(torch.tensor(TOKENS)).logits[0].float().contiguous()
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    save_file(golden, folder / "golden.safetensors", metadata={"format": "pt"})


def main():
    torch.set_num_threads(2)
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    root = root if root.is_dir() else root.parent
    base = root / "base"
    for name in ["base", *ADAPTERS]:
        shutil.rmtree(root / name, ignore_errors=True)
    model = make_base(base)
    with torch.no_grad():
        logits = model(torch.tensor(TOKENS)).logits[0].float().contiguous()
    save_file({"logits": logits}, base / "golden.safetensors", metadata={"format": "pt"})
    for name, settings in ADAPTERS.items():
        make_adapter(base, root / name, settings)
        # A path of the machine that made it is no part of the golden.
        config = root / name / "adapter_config.json"
        config.write_text(config.read_text().replace(str(base), "tiny-llama"))
    (root / "versions.txt").write_text(
        f"torch {torch.__version__}\ntransformers {transformers.__version__}\npeft {peft.__version__}\n"
    )


if __name__ == "__main__":
    main()
