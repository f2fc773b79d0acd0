#include "backend/tuning/cholesky.h"

#include <cmath>
#include <utility>

namespace gantry::tuning {

std::optional<Cholesky> Cholesky::of(Matrix a)
{
    for (std::size_t j = 0; j < a.size; ++j) {
        double diagonal = a(j, j);
        for (std::size_t k = 0; k < j; ++k)
            diagonal -= a(j, k) * a(j, k);
        if (!(diagonal > 0))
            return std::nullopt;
        a(j, j) = std::sqrt(diagonal);
        for (std::size_t i = j + 1; i < a.size; ++i) {
            double sum = a(i, j);
            for (std::size_t k = 0; k < j; ++k)
                sum -= a(i, k) * a(j, k);
            a(i, j) = sum / a(j, j);
        }
    }
    return Cholesky(std::move(a));
}

std::vector<double> Cholesky::solveLower(std::span<const double> b) const
{
    std::vector<double> x(b.begin(), b.end());
    solveLowerInPlace(x);
    return x;
}

void Cholesky::solveLowerInPlace(std::span<double> x) const
{
    for (std::size_t i = 0; i < x.size(); ++i) {
        double rest = x[i];
        for (std::size_t k = 0; k < i; ++k)
            rest -= m_lower(i, k) * x[k];
        x[i] = rest / m_lower(i, i);
    }
}

std::vector<double> Cholesky::multiplyLower(std::span<const double> x) const
{
    std::vector<double> product(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        for (std::size_t k = 0; k <= i; ++k)
            product[i] += m_lower(i, k) * x[k];
    return product;
}

double Cholesky::logDeterminant() const
{
    double sum = 0;
    for (std::size_t i = 0; i < m_lower.size; ++i)
        sum += 2 * std::log(m_lower(i, i));
    return sum;
}

} // namespace gantry::tuning
