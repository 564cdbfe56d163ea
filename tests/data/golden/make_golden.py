"""Writes the golden files of this folder from PyTorch, transformers and PEFT on tiny random models.

Usage: python make_golden.py [folder]      (needs torch, transformers, peft, safetensors)

One folder per model family:
  config.json model.safetensors      the base, float32, with random norms and biases
  adapter/                           a PEFT LoRA adapter whose A and B are both non-zero
  golden.safetensors                 logits.base, logits.adapter, every lora gradient, every base gradient
  golden.json                        the micro-batch, its losses; for `llama3` also 50-step loss curves
Curves also use curves.safetensors: the LoRA-GA start that the script derives with torch.linalg.svd.

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
CASES = {
    "llama3": (transformers.LlamaConfig, dict(
        tie_word_embeddings=False, head_dim=8,
        rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0,
                             high_freq_factor=4.0, original_max_position_embeddings=32))),
    "llama_tied": (transformers.LlamaConfig, dict(tie_word_embeddings=True, num_key_value_heads=4)),
    "mistral": (transformers.MistralConfig, dict(tie_word_embeddings=False, sliding_window=6)),
    "qwen2": (transformers.Qwen2Config, dict(tie_word_embeddings=True, use_sliding_window=False)),
    "qwen3": (transformers.Qwen3Config, dict(tie_word_embeddings=True, head_dim=16)),
}
FULL_GRADIENTS = {"llama_tied", "qwen2", "qwen3"}  # together they have every kind of weight


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
    wrapped.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    tensors["logits.adapter"] = packed_logits(wrapped, batch).detach()
    loss = loss_sum(wrapped, batch) / num_targets(batch)
    loss.backward()
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            tensors["lora." + saved_name(key)] = p.grad.clone()
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "golden.safetensors")
    return dict(batch=batch, loss_base=base_loss, loss_adapter=loss.item())


# --- curves -------------------------------------------------------------------------------------------


def curve(model, parameters, steps_of_batches):
    """Mean loss over the targets of each step's micro-batches, before the step's update."""
    losses = []
    optimizer = torch.optim.AdamW(parameters, betas=(0.9, 0.999), eps=1e-8)
    for batches in steps_of_batches:
        targets = sum(num_targets(b) for b in batches)
        optimizer.zero_grad()
        total = 0.0
        for b in batches:
            loss = loss_sum(model, b) / targets
            loss.backward()
            total += loss.item()
        optimizer.step()
        losses.append(total)
    return losses


def lora_parameters(model, letter):
    return [p for key, p in model.named_parameters() if f"lora_{letter}" in key]


def groups(model, lr, ratio, weight_decay):
    return [dict(params=lora_parameters(model, "A"), lr=lr, weight_decay=weight_decay),
            dict(params=lora_parameters(model, "B"), lr=lr * ratio, weight_decay=weight_decay)]


def lora_ga_start(name, seed, batch, gamma, scaling):
    """A0, B0 by direction ArB2r and scale `stable`, from an exact SVD of the loss's gradient."""
    model = build_model(name, seed)
    (loss_sum(model, batch) / num_targets(batch)).backward()
    start = {}
    for key, module in model.named_modules():
        if key.split(".")[-1] in TARGETS:
            g = module.weight.grad
            u, _, vh = torch.linalg.svd(g)
            c = g.shape[0] ** 0.25 / math.sqrt(gamma)
            start[key] = (c * vh[:RANK], c * u[:, RANK:2 * RANK])
    return start


def lora_ga_curve(name, seed, start, lr, steps_of_batches):
    """The paper's form: W0' = W0 - s B0 A0, then train A, B from A0, B0."""
    scaling = ALPHA / math.sqrt(RANK)
    model = build_model(name, seed)
    for key, module in model.named_modules():
        if key in start:
            a, b = start[key]
            module.weight.data -= scaling * (b @ a)
    wrapped = add_adapter(model, seed, use_rslora=True)
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            a, b = start[key.removeprefix("base_model.model.").split(".lora_")[0]]
            p.data = (a if "lora_A" in key else b).clone()
    return curve(wrapped, groups(wrapped, lr, 1.0, 0.0), steps_of_batches)


def write_curves(name, seed, folder, adapter_seed):
    single = [make_batch(100 + i, [24], 0.0) for i in range(4)]
    unequal = [make_batch(200 + i, [24 - 5 * i, 6], 0.2 * i) for i in range(4)]
    packed = [make_batch(300 + i, [9, 14, 5], 0.4) for i in range(4)]
    one_by_one = [[single[i % 4]] for i in range(50)]

    def run(lr, ratio, weight_decay, steps, **settings):
        wrapped = add_adapter(build_model(name, seed), adapter_seed, **settings)
        return curve(wrapped, groups(wrapped, lr, ratio, weight_decay), steps)

    def entry(losses, batches, lr, ratio=1.0, weight_decay=0.0, accumulate=1, rslora=False):
        return dict(batches=batches, learning_rate=lr, loraplus_ratio=ratio, weight_decay=weight_decay,
                    grad_accum_steps=accumulate, use_rslora=rslora, losses=losses)

    start = lora_ga_start(name, seed, single[0], 16.0, ALPHA / math.sqrt(RANK))
    save_file({f"base_model.model.{key}.lora_{letter}.weight": pair[i].contiguous()
               for key, pair in start.items() for i, letter in enumerate("AB")},
              folder / "curves.safetensors")
    pairs = [[unequal[(2 * i) % 4], unequal[(2 * i + 1) % 4]] for i in range(50)]
    rs = dict(use_rslora=True)
    return {
        "lora": entry(run(5e-3, 1.0, 0.01, one_by_one), single, 5e-3, weight_decay=0.01),
        "rslora": entry(run(3e-3, 1.0, 0.0, one_by_one, **rs), single, 3e-3, rslora=True),
        "loraplus": entry(run(5e-4, 16.0, 0.0, one_by_one), single, 5e-4, ratio=16.0),
        "loraplus_rslora": entry(run(3e-4, 16.0, 0.0, one_by_one, **rs), single, 3e-4, ratio=16.0, rslora=True),
        "accumulation": entry(run(5e-3, 1.0, 0.0, pairs), unequal, 5e-3, accumulate=2),
        "packed": entry(run(5e-3, 1.0, 0.0, [[packed[i % 4]] for i in range(50)]), packed, 5e-3),
        "lora_ga": entry(lora_ga_curve(name, seed, start, 2e-3, one_by_one), single, 2e-3, rslora=True),
    }


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for number, name in enumerate(CASES):
        folder = root / name
        folder.mkdir(parents=True, exist_ok=True)
        seed = 1000 * (number + 1)
        golden = dict(versions=dict(torch=torch.__version__, transformers=transformers.__version__,
                                    peft=peft.__version__))
        golden.update(write_case(name, seed, folder))
        if name == "llama3":
            golden["curves"] = write_curves(name, seed, folder, seed + 3)
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")
        print(name, golden["loss_base"], golden["loss_adapter"])
        for key, values in golden.get("curves", {}).items():
            losses = values["losses"]
            print("  ", key, losses[0], losses[10], losses[49])


if __name__ == "__main__":
    main()
