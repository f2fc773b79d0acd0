// QScintilla's headers spell the keywords that this project switches off. Included in .cpp files
// only, and after Qt's own headers.
#pragma once

#include <QObject>

#define signals Q_SIGNALS
#define slots Q_SLOTS
#include <Qsci/qsciscintilla.h>

#include <Qsci/qscilexerjson.h>
#undef signals
#undef slots
