"""The recurrence of several GRUs at once, with as few calls per time step as the equations allow.

Per step: r, z = σ(i + W h), n = tanh(i_n + r ⊙ (W h)_n), h' = (1 - z) ⊙ n + z ⊙ h; the gates, their
order and the two biases are those of `nn.GRU`. What doesn't depend on the step before is done for all
steps in one call: the local derivatives, and the gradients of the weights.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import FunctionCtx, once_differentiable


def recur(
    from_input: Float[Tensor, "frames grus batch gates"],
    weight: Float[Tensor, "grus gates hidden"],
    bias: Float[Tensor, "grus gates"],
) -> Float[Tensor, "frames grus batch hidden"]:
    """All hidden states, starting from zero; `from_input` is overwritten.

    Where `weight` is in bf16, so are the products with it. The states are added up in the precision of
    `from_input`: in bf16, with 8 bits, a network that listens to speech learns half of what it should.
    In `torch.inference_mode` all of one precision runs faster, and its last digits differ.
    """
    if torch.is_inference_mode_enabled() and weight.dtype == from_input.dtype:
        return _unlearned(from_input, weight, bias)
    return _Recurrence.apply(from_input, weight, bias)


def _unlearned(gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The states alone, each step's sums in the same place, and r's and z's in one call."""
    hidden = gates.shape[-1] // 3
    states = gates.new_zeros(len(gates) + 1, *gates.shape[1:-1], hidden)
    by_input = gates[..., 2 * hidden :].clone().unbind()
    gates[..., 2 * hidden :] = 0
    gates += bias[:, None]
    weight_t = weight.transpose(1, 2).contiguous()
    step = torch.empty_like(gates[0])
    rz, (r, z, by_state) = step[..., : 2 * hidden], step.split(hidden, -1)
    state, *later = states.unbind()
    for known, n, following in zip(gates.unbind(), by_input, later, strict=True):
        torch.baddbmm(known, state, weight_t, out=step)
        rz.sigmoid_()
        n.addcmul_(r, by_state).tanh_()
        state = torch.lerp(n, state, z, out=following)
    return states[1:]


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        frames, grus, batch, width = gates.shape
        hidden = width // 3
        states = gates.new_zeros(frames + 1, grus, batch, hidden)
        from_state = torch.empty_like(gates)
        mixed = weight.dtype != gates.dtype
        rounded = states.to(weight.dtype)
        weight_t, bias_row = weight.transpose(1, 2).contiguous(), bias[:, None]
        product = weight.new_empty(grus, batch, width)
        # Views of all steps, taken beforehand: slicing in the loop would cost as much as the sums.
        # The gates take their inputs' place: memory seen for the first time is the dearest.
        state, factor, whole = states.unbind(), rounded.unbind(), from_state.unbind()
        rz, n = (part.unbind() for part in gates.split([2 * hidden, hidden], -1))
        from_rz, from_n = (part.unbind() for part in from_state.split([2 * hidden, hidden], -1))
        r, z, _ = (part.unbind() for part in gates.split(hidden, -1))
        for t in range(frames):
            torch.baddbmm(bias_row, factor[t], weight_t, out=product if mixed else whole[t])
            if mixed:
                whole[t].copy_(product)
            rz[t].add_(from_rz[t]).sigmoid_()
            n[t].addcmul_(r[t], from_n[t]).tanh_()
            torch.lerp(n[t], state[t], z[t], out=state[t + 1])
            if mixed:
                factor[t + 1].copy_(state[t + 1])
        ctx.save_for_backward(gates, from_state, states, rounded, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gates, from_state, states, rounded, weight = ctx.saved_tensors  # type: ignore[attr-defined]
        frames, grus, batch, width = gates.shape
        hidden = width // 3
        r, z, n = gates.split(hidden, -1)
        # How each gate's sum, before σ or tanh, moves the next state; then, step by step, the loss.
        by_n = (1 - n * n).mul_(1 - z)
        d_gates = gates.new_empty(frames, grus, batch, 3, hidden)
        torch.mul(by_n, from_state[..., 2 * hidden :], out=d_gates[..., 0, :]).mul_(r).mul_(1 - r)
        torch.sub(states[:-1], n, out=d_gates[..., 1, :]).mul_(z).mul_(1 - z)
        torch.mul(by_n, r, out=d_gates[..., 2, :])

        d_state = grad.clone(memory_format=torch.contiguous_format)
        flat = d_gates.view(frames, grus, batch, width)
        mixed = weight.dtype != gates.dtype
        narrow = torch.empty_like(flat, dtype=weight.dtype) if mixed else flat
        product = weight.new_empty(grus, batch, hidden)
        d_h, spread, kept = d_state.unbind(), d_state.unsqueeze(3).unbind(), z.unbind()
        d_g, row, factor = d_gates.unbind(), flat.unbind(), narrow.unbind()
        for t in range(frames - 1, -1, -1):
            d_g[t].mul_(spread[t])
            if mixed:
                factor[t].copy_(row[t])
            if t:
                torch.bmm(factor[t], weight, out=product)
                d_h[t - 1].addcmul_(d_h[t], kept[t]).add_(product)

        # One product per GRU: bmm is slow on transposed bf16 matrices.
        d_weight = torch.stack(
            [narrow[:, g].flatten(0, 1).t() @ rounded[:-1, g].flatten(0, 1) for g in range(grus)]
        )
        # Over both at once takes forty times as long.
        d_bias = narrow.sum(0).sum(1)
        # The input enters n outside the product with r, the state inside.
        torch.mul(d_state, by_n, out=flat[..., 2 * hidden :])
        return flat, d_weight, d_bias
