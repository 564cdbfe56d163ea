"""Writes the golden files of this folder from bitsandbytes and PEFT.

Usage: python make_golden.py [folder]      (needs torch, transformers, peft, bitsandbytes, safetensors)

nf4.safetensors   one matrix in NF4 with double quantisation: packed codes, codes of the absmax, nested absmax, offset,
                  the two maps, the matrix dequantised to float32 and to bfloat16. The matrix itself is not kept: it is
                  made by a formula that is exact in float32 (see weight()).
qlora.safetensors PEFT on the base of ../golden/llama_tied, its projections quantised to NF4 by bitsandbytes, computing in
                  float32: logits.adapter and every lora gradient of that folder's adapter and micro-batch
qlora.json        the loss of that, and of ten AdamW steps
                  (no absmax of that base lies so near the middle of two codes that the rounding of their mean decides)
versions.txt      what made them
"""
import json
import sys
from pathlib import Path

import bitsandbytes
import bitsandbytes.functional as F
import peft
import torch
import transformers
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[1] / "golden"))
import make_curves  # noqa: E402
import make_golden as golden  # noqa: E402

ROWS, COLUMNS = 150, 139  # 20850 weights: 326 blocks, two nested ones, a short last block


def weight():
    i = torch.arange(ROWS * COLUMNS, dtype=torch.int64)
    u = ((i * 7919 + 104729) % 65536).to(torch.float32) / 32768 - 1
    size = (1 + i // 1000 % 5).to(torch.float32)
    return (u * u * u * size).reshape(ROWS, COLUMNS)


def dequantized(matrix):
    """What the packed matrix stands for, by the definition.

    Not F.dequantize_4bit: on the CPU that of bitsandbytes 0.50.2 is wrong for rows shorter than a block, as here.
    For wider rows the two agree to the bit, and PEFT's Linear4bit gives what its Linear does on these weights.
    """
    packed, state = F.quantize_4bit(matrix, blocksize=64, compress_statistics=True, quant_type="nf4")
    absmax = F.dequantize_blockwise(state.absmax, state.state2) + state.offset
    codes = torch.stack([packed.flatten() >> 4, packed.flatten() & 15], 1).flatten().long()
    return (state.code[codes].reshape(-1, 64) * absmax[:, None]).reshape(matrix.shape)


def write_qlora(folder):
    case = Path(__file__).parents[1] / "golden" / "llama_tied"
    batch = json.loads((case / "golden.json").read_text())["batch"]
    model = transformers.AutoModelForCausalLM.from_pretrained(case, dtype=torch.float32, attn_implementation="eager")
    for key, module in model.named_modules():
        if key.split(".")[-1] in golden.TARGETS:
            module.weight.data = dequantized(module.weight.data)
    wrapped = peft.PeftModel.from_pretrained(model, case / "adapter", is_trainable=True)
    tensors = {"logits.adapter": golden.packed_logits(wrapped, batch).detach()}
    loss = golden.loss_sum(wrapped, batch) / golden.num_targets(batch)
    loss.backward()
    for key, p in wrapped.named_parameters():
        if "lora_" in key:
            tensors["lora." + golden.saved_name(key)] = p.grad.clone()
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "qlora.safetensors")
    rate = 5e-3
    losses, _ = make_curves.curve(wrapped, make_curves.method(rate), [batch], 10)
    (folder / "qlora.json").write_text(json.dumps(dict(loss=loss.item(), learning_rate=rate, losses=losses)) + "\n")


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    packed, state = F.quantize_4bit(weight(), blocksize=64, compress_statistics=True, quant_type="nf4")
    # Codes may depend on the dtype of the weight only through its values; dequantised to both.
    plain = F.dequantize_4bit(packed, state).to(torch.float32)
    state.dtype = torch.bfloat16
    half = F.dequantize_4bit(packed, state).to(torch.bfloat16)
    save_file({"codes": packed.reshape(-1).contiguous(),
               "absmax": state.absmax.reshape(-1).contiguous(),
               "nested_absmax": state.state2.absmax.reshape(-1).contiguous(),
               "nested_offset": state.offset.reshape(1).to(torch.float32),
               "quant_map": state.code.to(torch.float32),
               "nested_quant_map": state.state2.code.to(torch.float32),
               "dequantized": plain.contiguous(),
               "dequantized_bf16": half.contiguous()}, folder / "nf4.safetensors")
    write_qlora(folder)
    (folder / "versions.txt").write_text(
        f"transformers {transformers.__version__}\npeft {peft.__version__}\ntorch {torch.__version__}\nbitsandbytes {bitsandbytes.__version__}\n")


main()
