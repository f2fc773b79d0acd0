#pragma once

#include <QString>
#include <QWidget>

class QAction;
class QFrame;
class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

// Small makers of the controls that every page uses, so that they look alike and each has the
// object name, accessible name and tooltip that tests and assistive tools rely on.
namespace gantry::widgets {

enum class ButtonKind { Normal, Primary, Danger, Flat, Link };

// Gives a control what finds it: objectName for tests, accessible name (unique on its page) and a
// tooltip. An empty tooltip repeats the accessible name.
void identify(QWidget* control, const QString& objectName, const QString& accessibleName,
              const QString& toolTip = {});

// iconName: of resources/icons, may be empty. The text is the accessible name; change it with
// setAccessibleName where a page has two buttons of the same text.
QPushButton* makeButton(const QString& objectName, const QString& text,
                        ButtonKind kind = ButtonKind::Normal, const QString& iconName = {},
                        QWidget* parent = nullptr);
void setKind(QPushButton* button, ButtonKind kind);

// A square button with an icon only.
QToolButton* makeIconButton(const QString& objectName, const QString& iconName,
                            const QString& accessibleName, QWidget* parent = nullptr);
// The same for an action: text, tooltip with shortcut and state follow the action.
QToolButton* makeActionButton(QAction* action, QWidget* parent = nullptr);

// The action's text followed by its shortcut, e.g. "Back (Alt+Left)".
QString toolTipFor(const QAction& action);

QLabel* makeTitle(const QString& text, QWidget* parent = nullptr);    // of a page
QLabel* makeHeading(const QString& text, QWidget* parent = nullptr);  // of a section
QLabel* makeCaption(const QString& text, QWidget* parent = nullptr);  // muted, wraps

// A bordered surface with a margin; put content into its layout.
QFrame* makeCard(QWidget* parent = nullptr);
QVBoxLayout* cardLayout(QFrame* card);

// Sets a property that the style sheet selects by, and styles the widget anew.
void setStyleProperty(QWidget* widget, const char* name, const QVariant& value);

} // namespace gantry::widgets
