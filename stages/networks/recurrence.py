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
    """All hidden states, starting from zero; `from_input` is overwritten."""
    return _Recurrence.apply(from_input, weight, bias)


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, gates: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        frames, grus, batch, width = gates.shape
        hidden = width // 3
        states = gates.new_zeros(frames + 1, grus, batch, hidden)
        from_state = torch.empty_like(gates)
        weight_t, bias_row = weight.transpose(1, 2).contiguous(), bias[:, None]
        # Views of all steps, taken beforehand: slicing in the loop would cost as much as the sums.
        # The gates take their inputs' place: memory seen for the first time is the dearest.
        state, whole = states.unbind(), from_state.unbind()
        rz, n = (part.unbind() for part in gates.split([2 * hidden, hidden], -1))
        from_rz, from_n = (part.unbind() for part in from_state.split([2 * hidden, hidden], -1))
        r, z, _ = (part.unbind() for part in gates.split(hidden, -1))
        for t in range(frames):
            torch.baddbmm(bias_row, state[t], weight_t, out=whole[t])
            rz[t].add_(from_rz[t]).sigmoid_()
            n[t].addcmul_(r[t], from_n[t]).tanh_()
            torch.lerp(n[t], state[t], z[t], out=state[t + 1])
        ctx.save_for_backward(gates, from_state, states, weight)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: FunctionCtx, grad: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        gates, from_state, states, weight = ctx.saved_tensors  # type: ignore[attr-defined]
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
        d_h, spread, kept = d_state.unbind(), d_state.unsqueeze(3).unbind(), z.unbind()
        d_g, row = d_gates.unbind(), flat.unbind()
        for t in range(frames - 1, -1, -1):
            d_g[t].mul_(spread[t])
            if t:
                d_h[t - 1].addcmul_(d_h[t], kept[t]).baddbmm_(row[t], weight)

        # One product per GRU: bmm is slow on transposed bf16 matrices.
        d_weight = torch.stack(
            [flat[:, g].flatten(0, 1).t() @ states[:-1, g].flatten(0, 1) for g in range(grus)]
        )
        d_bias = flat.sum(0).sum(1)  # Over both at once takes forty times as long.
        # The input enters n outside the product with r, the state inside.
        torch.mul(d_state, by_n, out=flat[..., 2 * hidden :])
        return flat, d_weight, d_bias
