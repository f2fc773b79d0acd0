#pragma once

#include "backend/observe/insights/row.h"
#include "backend/observe/insights/value.h"

#include <absl/status/statusor.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gantry::observe::insights {

// An expression of a query, ready to be evaluated on rows.
class Expression {
public:
    virtual ~Expression() = default;
    virtual Value value(const Row& row) const = 0;
    // The field that it is, when it is nothing else.
    virtual const std::string* field() const { return nullptr; }
    // Its value when it depends on no row.
    virtual const Value* constant() const { return nullptr; }
    // Texts that a line's message holds wherever the expression is true; and the request id that
    // the line then has.
    virtual void addTexts(std::vector<std::string>&, std::string& /*requestId*/) const {}
};
using ExpressionPtr = std::unique_ptr<Expression>;

// A function by its name in lower case; what is wrong with the call otherwise.
absl::StatusOr<ExpressionPtr> makeCall(const std::string& name,
                                       std::vector<ExpressionPtr> arguments, std::size_t at);

ExpressionPtr fieldExpression(std::string name);

// The start of the interval of that many milliseconds that the time is in.
Time floorTo(Time time, double intervalMs);

} // namespace gantry::observe::insights
