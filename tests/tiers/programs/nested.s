@ Loops in loops, conditional instructions, flags that live across blocks.
        .include "prelude.inc"
        vectors
start:  ldr     sp, =STACK
        ldr     r10, =DATA
        mov     r0, #0x55
        mov     r3, #0x9e
        mov     r11, #0
outer:  mov     r1, #5
middle: mov     r2, #3
inner:  adds    r3, r3, r0, lsl #3
        adc     r4, r4, r1
        b       1f
1:      addcs   r5, r5, #1
        submi   r6, r6, r3
        cmp     r5, r6
        ldrgt   r0, [r10, #4]
        strle   r3, [r10, #8]
        blt     2f
        rsbs    r7, r4, r3
        b       3f
2:      sbcs    r7, r7, r5
3:      movvs   r8, r7, lsr #3
        eorpl   r8, r8, r3, ror r2
        addls   r9, r9, r8, asr #2
        teq     r8, r3
        eorne   r0, r0, r8, rrx
        subs    r2, r2, #1
        bne     inner
        cmp     r9, r3
        blhi    swap
        bls     4f
        mvns    r9, r9, lsl #1
4:      str     r9, [r10, #4]
        sbc     r4, r4, #0
        subs    r1, r1, #1
        bgt     middle
        add     r11, r11, #1
        umlals  r3, r5, r0, r8
        mlaeq   r6, r5, r3, r6
        movmi   r6, r6, ror #13
        b       outer
swap:   push    {r3}
        mov     r3, r9
        pop     {r9}
        bx      lr
        .ltorg
