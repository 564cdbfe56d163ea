// Places the fat binary LOWRANK_GPU_CODE_FILE between two symbols, aligned as the driver wants it.
#if defined(_WIN32)
    .section .rdata, "dr"
#else
    .section .rodata
#endif
    .balign 64
    .globl lowrank_gpu_code
    .globl lowrank_gpu_code_end
lowrank_gpu_code:
    .incbin LOWRANK_GPU_CODE_FILE
lowrank_gpu_code_end:
    .byte 0
#if defined(__linux__)
    .section .note.GNU-stack, "", %progbits
#endif
