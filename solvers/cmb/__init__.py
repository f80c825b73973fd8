"""The cosmic microwave background: peak model, CAMB, peaks, bandpowers. D_ℓ = ℓ(ℓ+1)C_ℓ/2π in μK²."""
