import mongoose from 'mongoose';
import { ORDERS, type Order, type RequestPosition } from '../../src/contracts/requests/list.ts';
import { decodeCursor, encodeCursor, isMoment } from '../http/cursor.ts';

const { ObjectId } = mongoose.mongo;

/** A position in a list of requests, as text. */
export function writeCursor({ order, at, id }: RequestPosition): string {
  return encodeCursor([order, at, id]);
}

/** @returns null for a text that is no cursor */
export function readCursor(text: string): RequestPosition | null {
  const [order, at, id] = decodeCursor(text, 3) ?? [];
  const isOrder = (ORDERS as readonly unknown[]).includes(order);
  return isOrder && isMoment(at) && id instanceof ObjectId ? { order: order as Order, at, id } : null;
}
