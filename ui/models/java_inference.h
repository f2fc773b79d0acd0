#pragma once

#include <QString>

#include <vector>

namespace gantry::models {

class PackageSource;

// What can be a handler in Java: package.Class for a class that implements Lambda's interfaces,
// package.Class::method for a public method of another.
struct JavaHandler {
    QString handler;
    QString file;
};

// In the package's sources and compiled classes, the likeliest first.
std::vector<JavaHandler> javaHandlersIn(const PackageSource& source);

} // namespace gantry::models
