#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace gantry::tuning {

// A square matrix in rows.
struct Matrix {
    explicit Matrix(std::size_t size = 0) : size(size), values(size * size) {}

    double& operator()(std::size_t row, std::size_t column) { return values[row * size + column]; }
    double operator()(std::size_t row, std::size_t column) const
    {
        return values[row * size + column];
    }

    std::size_t size;
    std::vector<double> values;
};

// The lower triangle L of a symmetric, positive definite matrix A = L Lᵀ. The matrices here have a
// hundred rows at most.
class Cholesky final {
public:
    // Nothing when the matrix is not positive definite.
    static std::optional<Cholesky> of(Matrix matrix);

    std::vector<double> solveLower(std::span<const double> b) const;
    void solveLowerInPlace(std::span<double> b) const; // L x = b
    std::vector<double> multiplyLower(std::span<const double> x) const; // L x
    double logDeterminant() const; // of A

private:
    explicit Cholesky(Matrix lower) : m_lower(std::move(lower)) {}

    Matrix m_lower; // the part above the diagonal is not used
};

} // namespace gantry::tuning
