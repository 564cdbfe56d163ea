#!/usr/bin/env bash
# Makes the sample from nothing: text, tokenizer, random weights, training, and the files that ship.
# Usage: resources/sample/make_sample.sh BUILD_FOLDER WORK_FOLDER   (about an hour on two cores)
set -eu
sample="$(cd "$(dirname "$0")" && pwd)"
build="$1"
work="$2"
threads="${LOWRANK_SAMPLE_THREADS:-2}"

cmake --build "$build" --target make_sample lowrank
mkdir -p "$work"
"$build/bin/make_sample" make "$work"

# The base: every weight trained on the stories, prompts included.
"$build/bin/lowrank" train --method full --base "$work/init" --data "$work/stories.jsonl" \
    --chat-format chatml --mask-prompt off --out "$work/run" --epochs "${LOWRANK_SAMPLE_EPOCHS:-2}" \
    --learning-rate 3e-3 --beta2 0.95 --warmup-ratio 0.03 --schedule cosine \
    --seq-len 512 --micro-batch-size 8 --grad-accum-steps 1 --eval-data "$work/stories_heldout.jsonl" \
    --save-every 200 --keep 1 --seed 42 --threads "$threads" --progress json >"$work/training.log"

"$build/bin/make_sample" store "$work/run/final" "$sample/model"
mkdir -p "$sample/data"
cp "$work"/data/*.jsonl "$sample/data/"
