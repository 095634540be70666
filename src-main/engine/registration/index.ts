export { correctMotion, type MotionCorrection } from './correctMotion'
