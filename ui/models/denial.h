#pragma once

#include <QList>
#include <QString>

#include <optional>

namespace gantry::models {

// A refused call, as AWS words it wherever an error of a client is printed: "User: ARN is not
// authorized to perform: ACTION on resource: ARN".
struct Denial {
    QString principal;
    QString action;
    QString resource; // "*" when the call is about none; its beginning and "..." when it is long
    bool operator==(const Denial&) const = default;
};

// Those that a text tells of, each once.
QList<Denial> denialsIn(const QString& text);
bool tellsOfDenial(const QString& text);

// Where the console says why: the simulator with the question filled in. And back, from the rest of
// such a route behind "permissions/simulator/".
QString routeToReason(const Denial& denial);
std::optional<Denial> denialOfRoute(const QString& rest);

} // namespace gantry::models
