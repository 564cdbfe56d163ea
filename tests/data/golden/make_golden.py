"""Writes the bases and adapters of this folder and what PyTorch, transformers and PEFT compute with them.

Usage: python make_golden.py [folder]      (needs torch, transformers, peft, safetensors)

One folder per tiny random model:
  config.json model.safetensors      the base, float32, with random norms and biases
  adapter/                           a PEFT LoRA adapter whose A and B are both non-zero
  golden.safetensors                 logits.base, logits.adapter, every lora gradient; of some every base gradient
  golden.json                        the micro-batch and its losses
The loss curves are make_curves.py's, which starts from these bases and adapters.

A micro-batch is packed: sequence s is tokens [offsets[s], offsets[s + 1]). The reference runs every
sequence alone, so a packed engine that lets neighbours see each other fails.
"""
import json
import math
import sys
from pathlib import Path

import peft
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file

torch.set_num_threads(1)
RANK, ALPHA = 4, 8.0
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
COMMON = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, vocab_size=64, max_position_embeddings=64, rms_norm_eps=1e-5,
              bos_token_id=1, eos_token_id=2, pad_token_id=None)
# The variants of a family, which differ from it in one place.
SMALL = dict(hidden_size=16, intermediate_size=24, num_attention_heads=2, num_key_value_heads=1, head_dim=8)
WINDOW = dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=6, max_window_layers=1)
# A case's place gives its seed: new ones go last.
CASES = {
    "llama3": (transformers.LlamaConfig, dict(
        tie_word_embeddings=False, head_dim=8,
        rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=32))),
    "llama_tied": (transformers.LlamaConfig, dict(tie_word_embeddings=True, num_key_value_heads=4)),
    "mistral": (transformers.MistralConfig, dict(tie_word_embeddings=False, sliding_window=6)),
    "qwen2": (transformers.Qwen2Config, dict(tie_word_embeddings=True, use_sliding_window=False)),
    "qwen3": (transformers.Qwen3Config, dict(tie_word_embeddings=True, head_dim=16)),
    "llama_bias": (transformers.LlamaConfig, dict(
        SMALL, tie_word_embeddings=False, attention_bias=True, mlp_bias=True)),
    "llama_linear": (transformers.LlamaConfig, dict(
        SMALL, tie_word_embeddings=False,
        rope_parameters=dict(rope_type="linear", rope_theta=100.0, factor=4.0))),
    # Only the second layer slides.
    "qwen2_window": (transformers.Qwen2Config, dict(SMALL, **WINDOW)),
    "qwen3_window": (transformers.Qwen3Config, dict(SMALL, **WINDOW, attention_bias=True)),
    # Of the four frequencies two are kept, one is blended and one is slowed.
    "qwen2_yarn": (transformers.Qwen2Config, dict(
        SMALL, tie_word_embeddings=True, use_sliding_window=False,
        rope_parameters=dict(rope_type="yarn", rope_theta=10.0, factor=2.0, beta_fast=2.0,
                             original_max_position_embeddings=32))),
}
# Together they have every kind of weight.
FULL_GRADIENTS = {"llama_tied", "qwen2", "qwen3", "llama_bias"}


def build_model(name, seed):
    kind, settings = CASES[name]
    config = kind(**{**COMMON, **settings})
    config._attn_implementation = "eager"
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed + 1)
    for key, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        if key.endswith("norm.weight"):
            p.data = 1.0 + 0.2 * noise
        elif key.endswith("bias"):
            p.data = 0.3 * noise
        elif "embed_tokens" in key:
            p.data = 0.5 * noise
        else:
            p.data = noise / math.sqrt(p.shape[-1])
    return model.eval()


def make_batch(seed, lengths, masked):
    """Labels are already shifted; -1 where the position has no loss."""
    generator = torch.Generator().manual_seed(seed)
    tokens, labels, offsets = [], [], [0]
    for length in lengths:
        ids = torch.randint(3, 64, (length,), generator=generator).tolist()
        hidden = int(length * masked)
        tokens += ids
        labels += [ids[i + 1] if i + 1 < length and i + 1 > hidden else -1 for i in range(length)]
        offsets.append(len(tokens))
    return dict(tokens=tokens, labels=labels, offsets=offsets)


def packed_logits(model, batch):
    rows = []
    for begin, end in zip(batch["offsets"], batch["offsets"][1:]):
        rows.append(model(torch.tensor([batch["tokens"][begin:end]])).logits[0])
    return torch.cat(rows)


def num_targets(batch):
    return sum(label >= 0 for label in batch["labels"])


def loss_sum(model, batch):
    labels = torch.tensor(batch["labels"])
    kept = labels >= 0
    return F.cross_entropy(packed_logits(model, batch)[kept], labels[kept], reduction="sum")


def add_adapter(model, seed, **settings):
    config = peft.LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, lora_dropout=0.0,
                             task_type="CAUSAL_LM", **settings)
    wrapped = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            p.data = torch.randn(p.shape, generator=generator) * (0.3 / math.sqrt(p.shape[-1]))
    return wrapped


def saved_name(key):
    return key.replace(".default.", ".")


def save_adapter(wrapped, folder):
    wrapped.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["target_modules"].sort()  # a set, which every run would write in another order
    path.write_text(json.dumps(config, indent=2, sort_keys=True))


def write_case(name, seed, folder):
    model = build_model(name, seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    batch = make_batch(seed + 2, [17, 1, 13], 0.3)
    tensors = {"logits.base": packed_logits(model, batch).detach()}
    if name in FULL_GRADIENTS:
        model.zero_grad()
        (loss_sum(model, batch) / num_targets(batch)).backward()
        for key, p in model.named_parameters():
            tensors["full." + key] = p.grad.clone()
        model.zero_grad()
    base_loss = loss_sum(model, batch).item() / num_targets(batch)
    wrapped = add_adapter(model, seed + 3)
    save_adapter(wrapped, folder / "adapter")
    tensors["logits.adapter"] = packed_logits(wrapped, batch).detach()
    loss = loss_sum(wrapped, batch) / num_targets(batch)
    loss.backward()
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            tensors["lora." + saved_name(key)] = p.grad.clone()
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")
    return dict(batch=batch, loss_base=base_loss, loss_adapter=loss.item())


def seed_of(name):
    return 1000 * (list(CASES).index(name) + 1)


def versions():
    return dict(torch=torch.__version__, transformers=transformers.__version__, peft=peft.__version__)


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name in CASES:
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        golden = dict(versions=versions(), **write_case(name, seed_of(name), folder))
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")
        print(name, golden["loss_base"], golden["loss_adapter"])


if __name__ == "__main__":
    main()
