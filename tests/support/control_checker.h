#pragma once

#include <QAbstractButton>
#include <QAbstractScrollArea>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QHash>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QStringList>
#include <QTabBar>
#include <QWidget>

namespace gantry::test {

// Something the user operates: a button, a field, or anything else that takes the focus.
inline bool isControl(const QWidget& widget)
{
    if (qobject_cast<const QScrollArea*>(&widget) || qobject_cast<const QScrollBar*>(&widget))
        return false;
    if (qobject_cast<const QAbstractButton*>(&widget) || qobject_cast<const QLineEdit*>(&widget) ||
        qobject_cast<const QComboBox*>(&widget) || qobject_cast<const QAbstractSpinBox*>(&widget) ||
        qobject_cast<const QAbstractSlider*>(&widget))
        return true;
    return qobject_cast<const QAbstractScrollArea*>(&widget) &&
           widget.focusPolicy() != Qt::NoFocus;
}

// Parts that Qt makes inside a control (the field of a spin box, the clear button of a field).
inline bool isPartOfControl(const QWidget& widget)
{
    for (const QWidget* above = widget.parentWidget(); above; above = above->parentWidget()) {
        if (above->isWindow())
            return false;
        if (isControl(*above) || qobject_cast<const QTabBar*>(above))
            return true;
    }
    return false;
}

// What is missing for tests, assistive tools and mouse users among the visible controls below root:
// an object name, an accessible name that no other visible control has, a tooltip. Empty is good:
// QCOMPARE(gantry::test::controlProblems(window).join("; "), QString()).
inline QStringList controlProblems(const QWidget& root)
{
    QStringList problems;
    QHash<QString, QString> users;
    const auto widgets = root.findChildren<QWidget*>();
    for (const QWidget* widget : widgets) {
        if (!widget->isVisibleTo(&root) || !isControl(*widget) || isPartOfControl(*widget))
            continue;
        const QString name = widget->objectName();
        const QString who = QStringLiteral("%1 '%2'").arg(
            QLatin1String(widget->metaObject()->className()), name);
        if (name.isEmpty() || name.startsWith(QLatin1String("qt_")))
            problems.append(who + QStringLiteral(" has no object name"));
        const QString said = widget->accessibleName();
        if (said.isEmpty())
            problems.append(who + QStringLiteral(" has no accessible name"));
        else if (users.contains(said))
            problems.append(QStringLiteral("%1 and %2 are both called '%3'").arg(who, users[said], said));
        users.insert(said, who);
        const bool isView = qobject_cast<const QAbstractScrollArea*>(widget) != nullptr;
        if (!isView && widget->toolTip().isEmpty())
            problems.append(who + QStringLiteral(" has no tooltip"));
    }
    return problems;
}

} // namespace gantry::test
