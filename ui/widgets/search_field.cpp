#include "ui/widgets/search_field.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QKeyEvent>

namespace gantry::widgets {

SearchField::SearchField(const QString& objectName, const QString& placeholder, QWidget* parent)
    : QLineEdit(parent)
{
    identify(this, objectName, placeholder);
    setPlaceholderText(placeholder);
    setClearButtonEnabled(true);
    addAction(Theme::current().icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
}

void SearchField::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape && !text().isEmpty()) {
        clear();
        return;
    }
    QLineEdit::keyPressEvent(event);
}

} // namespace gantry::widgets
