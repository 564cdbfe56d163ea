"""The peer's side of the training benchmark: the same LoRA steps with PyTorch, transformers and PEFT.

peft_train.py MODEL_DIR TOKENS.bin ADAPTER_DIR DTYPE DEVICE STEPS ROWS SEQ_LEN VARIANT [checkpointing]
DEVICE is the number of CPU threads, or "cuda".
VARIANT: default (PEFT as it comes: float32 adapters), same (adapters in the base's dtype), compile (same + torch.compile),
nf4 (default on a base that bitsandbytes keeps in NF4 with double quantisation). With "checkpointing" every block is
recomputed.
One JSON object a step on stdout, as bench_train prints it.
"""
import json
import resource
import sys
import time

start = time.perf_counter()
import numpy as np  # noqa: E402
import torch  # noqa: E402
from peft import PeftModel  # noqa: E402
from transformers import AutoModelForCausalLM, BitsAndBytesConfig  # noqa: E402


def main():
    folder, tokens_path, adapter, dtype, device, steps, rows, seq_len, variant = sys.argv[1:10]
    steps, rows, seq_len = int(steps), int(rows), int(seq_len)
    if variant not in ("default", "same", "compile", "nf4"):
        sys.exit(f"peft_train.py: no variant {variant}")
    on_gpu = device == "cuda"
    if not on_gpu:
        torch.set_num_threads(int(device))
    dtype = torch.bfloat16 if dtype == "bf16" else torch.float32
    quantization = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
                                      bnb_4bit_compute_dtype=dtype) if variant == "nf4" else None
    model = AutoModelForCausalLM.from_pretrained(
        folder, dtype=dtype, attn_implementation="sdpa", quantization_config=quantization,
        device_map={"": "cuda:0" if on_gpu else "cpu"})
    model.config.use_cache = False
    model = PeftModel.from_pretrained(model, adapter, is_trainable=True,
                                      autocast_adapter_dtype=variant in ("default", "nf4"))
    if variant in ("same", "compile"):
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.data = parameter.data.to(model.dtype)
    if sys.argv[10:] == ["checkpointing"]:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    if variant == "compile":
        model = torch.compile(model)
    trainable = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=1e-3, weight_decay=0.0)
    tokens = np.fromfile(tokens_path, dtype=np.int32).reshape(steps, rows, seq_len)
    for step in range(steps):
        ids = torch.from_numpy(tokens[step].astype(np.int64)).to(model.device)
        begin = time.perf_counter()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        if on_gpu:
            torch.cuda.synchronize()
        now = time.perf_counter()
        print(json.dumps({"step": step + 1, "loss": value, "grad_norm": float(norm), "seconds": now - begin,
                          "since_start": now - start,
                          "peak_bytes": torch.cuda.max_memory_allocated() if on_gpu else
                          resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)


main()
