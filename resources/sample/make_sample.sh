#!/usr/bin/env bash
# Makes the sample from nothing: text, tokenizer, random weights, training, and the files that ship.
# Usage: resources/sample/make_sample.sh BUILD_FOLDER WORK_FOLDER   (about half an hour on two cores)
set -eu
sample="$(cd "$(dirname "$0")" && pwd)"
build="$1"
work="$2"
threads="${LOWRANK_SAMPLE_THREADS:-2}"

cmake --build "$build" --target make_sample lowrank
mkdir -p "$work"
"$build/bin/make_sample" make "$work"

# Trains every weight on stories, prompts included: train FROM DATA OUT [options]
train() {
    "$build/bin/lowrank" train --method full --base "$1" --data "$2" --out "$3" "${@:4}" \
        --chat-format chatml --mask-prompt off --beta2 0.95 --schedule cosine --seq-len 512 \
        --micro-batch-size 8 --grad-accum-steps 1 --eval-data "$work/stories_heldout.jsonl" \
        --save-every 200 --keep 1 --threads "$threads" --progress json >"$3.log"
}
train "$work/init" "$work/stories.jsonl" "$work/language" \
    --epochs 2 --learning-rate 3e-3 --warmup-ratio 0.03 --seed 42
train "$work/language/model" "$work/stories_recall.jsonl" "$work/recall" \
    --max-steps 450 --learning-rate 2e-3 --warmup-steps 20 --seed 42
train "$work/recall/model" "$work/stories_recall.jsonl" "$work/recall_more" \
    --max-steps 320 --learning-rate 2e-3 --warmup-steps 20 --seed 43

"$build/bin/make_sample" store "$work/recall_more/model" "$sample/model"
mkdir -p "$sample/data"
cp "$work"/data/*.jsonl "$sample/data/"
