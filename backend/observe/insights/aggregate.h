#pragma once

#include "backend/observe/insights/expression.h"

#include <memory>
#include <string>

namespace gantry::observe::insights {

// What one function of stats has seen of one group of rows.
class Accumulator {
public:
    virtual ~Accumulator() = default;
    virtual void add(const Row& row) = 0;
    virtual Value value() const = 0;
};

// A function of stats, as it stands in the query: count(*), pct(@duration, 95) ...
struct Aggregate {
    std::string function;
    ExpressionPtr argument; // null: count(*)
    double percentile = 0;

    std::unique_ptr<Accumulator> make() const;
    static bool isFunction(const std::string& name);
};

} // namespace gantry::observe::insights
